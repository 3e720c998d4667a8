// Which runtime the function asks for: nodejs24.x and later lost what earlier ones still have.

/** The number in nodejs24.x; Infinity outside of a managed runtime. */
export const MAJOR = Number(process.env.AWS_EXECUTION_ENV?.match(/^AWS_Lambda_nodejs(\d+)/)?.[1] ?? Infinity);

/** Handlers with a callback, members of the context that belong to it, errors that nobody handles. */
export const IS_OLD = MAJOR < 24;
