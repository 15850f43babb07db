/** What programs that tests start, or are, find in their environment. */

import { devNull } from "node:os";

/** How people configure AWS's clients, ways around their network, and Java, which may be told of both. */
const SETTINGS = /^AWS_|_PROXY$|^(?:JAVA_TOOL|JDK_JAVA|_JAVA)_OPTIONS$/i;

/**
 * The environment without what the person who runs the tests has set up for AWS, and without proxies on the way to this
 * machine.
 *
 * @returns {Record<string, string>}
 */
export function ownEnvironment() {
  const ours = Object.entries(process.env).filter(([name]) => !SETTINGS.test(name));
  return {
    ...Object.fromEntries(ours),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: "true",
    // Without this systems are asked for a proxy that have settings of their own.
    NO_PROXY: "*",
  };
}
