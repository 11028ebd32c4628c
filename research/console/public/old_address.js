/* Pages of SRS's console lead here. The part after # names the view and the port of the API, and must not get lost. */
{
  const query = new URLSearchParams(location.search)
  query.set('lang', document.documentElement.lang)
  location.replace(`index.html?${query}${location.hash}`)
}
