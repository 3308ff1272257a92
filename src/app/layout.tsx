import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import type { Metadata, Viewport } from 'next';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { SiteHeader } from '#components/site-header.tsx';
import { currentUser } from './server.ts';
import './styles.css';
import { TrpcProvider } from './trpc-client.tsx';

export const metadata: Metadata = {
  title: { default: 'Echelon Verify', template: '%s · Echelon Verify' },
  description: 'Public calibration certificates for oracles, verified against merged pull requests.',
};

export const viewport: Viewport = { colorScheme: 'light dark' };

const RootLayout = async ({ children }: { children: ReactNode }) => {
  const user = await currentUser();
  return (
    <html lang="en" className={`${GeistSans.variable} ${GeistMono.variable}`}>
      <body className="mx-auto flex min-h-dvh max-w-5xl flex-col px-4 sm:px-8">
        <a
          href="#content"
          className="sr-only bg-paper px-3 py-2 focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-10"
        >
          Skip to the content
        </a>
        <SiteHeader userName={user === null ? null : (user.name ?? 'Signed in')} />
        <main id="content" className="flex-1 py-8 sm:py-12">
          <TrpcProvider>{children}</TrpcProvider>
        </main>
        <footer className="border-t border-line py-6 text-sm text-muted">
          A certificate is only as good as its issuer: it shows what was asked and answered, not that the
          issuer asked honestly.{' '}
          <Link href="/docs" className="link">
            How to check one
          </Link>{' '}
          ·{' '}
          <Link href="/judges" className="link">
            The judges’ rules
          </Link>
        </footer>
      </body>
    </html>
  );
};

export default RootLayout;
