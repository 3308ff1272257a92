import { randomBytes } from 'node:crypto';
import { type NextRequest, NextResponse } from 'next/server';
import { inDevelopment, isServedOverHttps } from '#env.ts';

const everywhere = {
  'X-Content-Type-Options': 'nosniff',
  // Other sites do not learn which run or certificate a link was on.
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
};

/** A year in which browsers never try plain http here. Other hosts of the domain are not ours to decide about. */
const strictTransport = 'max-age=31536000';

/** Scripts run only with this page's nonce. Nothing is loaded from elsewhere, and nothing may frame the page. */
const pagePolicy = (nonce: string, development: boolean) =>
  [
    "default-src 'self'",
    // React's development build names its frames through eval; its production build uses none.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ''}`,
    // The development server injects its styles as they change.
    `style-src 'self' ${development ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

/** The API answers data: a browser that is sent to one of its addresses runs nothing from it. */
const apiPolicy = "default-src 'none'; frame-ancestors 'none'";

export const proxy = (request: NextRequest) => {
  const isApi = request.nextUrl.pathname.startsWith('/api/');
  const policy = isApi ? apiPolicy : pagePolicy(randomBytes(16).toString('base64'), inDevelopment());
  const headers = new Headers(request.headers);
  // Next reads the nonce from here and puts it on its own scripts. A visitor's header of that name is overwritten.
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('Content-Security-Policy', policy);
  for (const [name, value] of Object.entries(everywhere)) response.headers.set(name, value);
  if (isServedOverHttps()) response.headers.set('Strict-Transport-Security', strictTransport);
  return response;
};

export const config = {
  // Built files are immutable and served as they are.
  matcher: '/((?!_next/static|_next/image).*)',
};
