// A function that logs on every way.
export const handler = async () => {
  console.info("one\ntwo", { a: 1 });
  console.debug("too detailed");
  console.warn({ as: "it is" });
  console.error("it failed", new RangeError("far"));
  throw new TypeError("as asked");
};
