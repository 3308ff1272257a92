/** Where no route of the API is, the answer is the API's too, and not a page. */
const nothingHere = () =>
  Response.json(
    { detail: 'There is nothing here.' },
    { status: 404, headers: { 'cache-control': 'no-store' } },
  );

export {
  nothingHere as DELETE,
  nothingHere as GET,
  nothingHere as PATCH,
  nothingHere as POST,
  nothingHere as PUT,
};
