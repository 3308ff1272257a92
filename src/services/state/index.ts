export { loggingStatus } from './status-news.ts';
