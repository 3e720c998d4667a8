// Returns the endpoint of a client without one of its own, and of one that has its own.
const AWS = require("aws-sdk");
exports.handler = async () => [new AWS.Client().endpoint, new AWS.Client({ endpoint: "mine" }).endpoint];
