// What a handler uses of version 2 of the JavaScript SDK.
exports.config = { update(settings) { Object.assign(this, settings); } };
exports.Client = class {
  constructor(settings = {}) { this.endpoint = settings.endpoint ?? exports.config.endpoint; }
};
