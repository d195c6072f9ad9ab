/**
 * Fetching a repository from many providers: who is asked ({@link network.guts.sync.fetch.Providers}), what they say
 * ({@link network.guts.sync.local.GatheredRefs}), the chunks ({@link network.guts.sync.fetch.PackDownload}).
 */
package network.guts.sync.fetch;
