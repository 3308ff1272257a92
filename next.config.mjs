import { sourcesDigest } from './src/start/sources-digest.ts';

/** @type {import('next').NextConfig} */
const nextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // So that a start knows whether its sources are built, and machines that built the same ones serve the same pages.
  generateBuildId: sourcesDigest,
  // pg-boss and postgres resolve their own files at run time; bundling them breaks that. Prometheus' and
  // OpenTelemetry's packages are loaded by few processes and need no bundling.
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
