/** Runs one check in a dedicated worker. */

onmessage = async ({ data: { name, parameters } }) => {
  try {
    // Loaded here, since a message that arrives before a module with a top-level await has run is lost.
    const checks = await import("./checks.js");
    postMessage({ result: await checks[name](...parameters) });
  } catch (error) {
    postMessage({ failure: `${error.name} ${error.code ?? ""}: ${error.message}` });
  }
};
