import { certificateFileEndings } from './src/contracts/public-files.ts';
import { sourcesDigest } from './src/start/sources-digest.ts';

/** @type {import('next').NextConfig} */
const nextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // No page resizes images, and the address that would do so fetches other addresses of this server.
  images: { unoptimized: true },
  // Tells a start whether its sources are built. Machines that built the same sources serve the same pages.
  generateBuildId: sourcesDigest,
  // A certificate's files stand beside its page: `/certificates/<id>` and `/certificates/<id>.json`.
  rewrites: async () =>
    certificateFileEndings.map((ending) => ({
      source: `/certificates/:id([^/.]+).${ending}`,
      destination: `/certificates/:id/${ending}`,
    })),
  // pg-boss and postgres resolve their own files at run time, which bundling breaks. Few processes load the packages
  // of Prometheus and OpenTelemetry, so they need no bundling.
  serverExternalPackages: [
    'pg-boss',
    'postgres',
    'prom-client',
    '@opentelemetry/api',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace',
  ],
};

export default nextConfig;
