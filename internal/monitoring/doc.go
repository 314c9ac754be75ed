// Package monitoring holds the dashboard and the alerts of the folder monitoring to what the SDK and the registry really
// show: its tests evaluate them with Prometheus' own engine. It is a module of its own, as that engine must not enter users'
// module graph.
package monitoring
