import { randomBytes } from 'node:crypto';
import { type NextRequest, NextResponse } from 'next/server';
import { isPublicFile } from '#contracts/public-files.ts';
import { inDevelopment } from '#env.ts';

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

/** The API and the public files are data: a browser that is sent to one of its addresses runs nothing from it. */
const apiPolicy = "default-src 'none'; frame-ancestors 'none'";

export const proxy = (request: NextRequest) => {
  const { pathname } = request.nextUrl;
  const isData = pathname.startsWith('/api/') || isPublicFile(pathname);
  const policy = isData ? apiPolicy : pagePolicy(randomBytes(16).toString('base64'), inDevelopment());
  const headers = new Headers(request.headers);
  // Next reads the nonce from here and puts it on its own scripts. A visitor's header of that name is overwritten.
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('Content-Security-Policy', policy);
  return response;
};

export const config = {
  // Built files are immutable and served as they are.
  matcher: '/((?!_next/static|_next/image).*)',
};
