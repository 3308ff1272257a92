import { NextRequest } from 'next/server';
import { afterEach, expect, test, vi } from 'vitest';
import { proxy } from './proxy.ts';

afterEach(() => void vi.unstubAllEnvs());

const strictTransport = (installation: string | undefined, path: string) => {
  vi.stubEnv('NEXTAUTH_URL', installation);
  // A proxy that ends TLS speaks plain http to us.
  return proxy(new NextRequest(`http://127.0.0.1:3000${path}`)).headers.get('strict-transport-security');
};

test.each(['/', '/api/v1/verification/certificates', '/sign-in'])(
  'under https browsers are told to stay with it, and over plain http they are not: %s',
  (path) => {
    expect(strictTransport('https://verify.example.com', path)).toBe('max-age=31536000');
    expect(strictTransport('HTTPS://verify.example.com', path)).toBe('max-age=31536000');
    expect(strictTransport('http://127.0.0.1:3000', path)).toBeNull();
    expect(strictTransport(undefined, path)).toBeNull();
  },
);
