// Returns its event, the context and what it sees of its environment.
export const handler = async (event, context) => ({
  event,
  ...context,
  remaining: context.getRemainingTimeInMillis(),
  trace: process.env._X_AMZN_TRACE_ID,
  cwd: process.cwd(),
});
