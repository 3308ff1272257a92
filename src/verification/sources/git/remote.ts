import { configEnvironment, isolation } from './runner.ts';

export type RemoteAccess = {
  url: URL;
  /** Sent as HTTP basic credentials to the URL's origin only. */
  token: string | null;
  /** Transports that git may use, without the colon. */
  allowedProtocols: string[];
  /** Further configuration, for example `http.curloptResolve` to pin a checked address. */
  guarded?: Record<string, string>;
};

/** The environment of a git process that talks to a server: one transport, no redirects, no hooks, no helpers. */
export const remoteEnvironment = ({ url, token, allowedProtocols, guarded = {} }: RemoteAccess) => ({
  ...isolation,
  GIT_ALLOW_PROTOCOL: allowedProtocols.join(':'),
  ...configEnvironment({
    'safe.directory': '*',
    'http.followRedirects': 'false',
    'http.lowSpeedLimit': '1000',
    'http.lowSpeedTime': '60',
    'core.hooksPath': '/dev/null',
    'transfer.bundleURI': 'false',
    'protocol.version': '2',
    'credential.helper': '',
    ...(token !== null && {
      [`http.${url.origin}/.extraHeader`]: `Authorization: Basic ${btoa(`x-access-token:${token}`)}`,
    }),
    ...guarded,
  }),
});
