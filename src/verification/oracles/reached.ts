import { chatOracle } from './chat.ts';
import type { ExchangePorts } from './exchange.ts';
import { httpOracle } from './http.ts';
import { mcpOracle } from './mcp.ts';
import type { Oracle } from './oracle.ts';

/** An oracle that is reached over the network, by the protocol it speaks. */
export type ReachedOracle = { url: string; headers: Record<string, string> } & (
  | { type: 'http' }
  | { type: 'mcp'; tool: string }
  | { type: 'chat'; model: string }
);

/** Opens oracles of any such protocol over the same ports. */
export const reachedOracle =
  (ports: ExchangePorts) =>
  (oracle: ReachedOracle): Oracle => {
    switch (oracle.type) {
      case 'http':
        return httpOracle(ports, oracle);
      case 'mcp':
        return mcpOracle(ports, oracle);
      case 'chat':
        return chatOracle(ports, oracle);
    }
  };
