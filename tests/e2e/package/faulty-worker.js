/** A worker, or a service worker, that lets what it is told go uncaught. */

addEventListener("message", ({ data }) => {
  throw new Error(data);
});
