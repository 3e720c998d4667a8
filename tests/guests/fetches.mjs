// Returns the status of what the event names.
export const handler = async (event) => {
  const response = await fetch(event.url);
  return { status: response.status };
};
