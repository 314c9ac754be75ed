// Package registryserver is a Schema Registry: the REST interface of Confluent's,
// with its rules, over a state in memory or in a directory. It is behind package
// registrytest, which is for users' tests, and behind `concord dev`.
//
//	srv, err := registryserver.Listen("127.0.0.1:0", registryserver.Options{Dir: "schemas"})
//	if err != nil {
//		return err
//	}
//	defer srv.Close(ctx)
//	reg, err := registry.NewClient(srv.URL())
//
// # The way of a request
//
// ServeHTTP finds the route (route.go), negotiates media types (negotiate.go) and
// runs a handler, a method of call. Handlers read the body leniently (body.go),
// decide under the lock, and make ops (op.go) of what they change. Schemas are parsed
// (parse.go) and compared (compatibility.go) without the lock: a decision that lacks
// such work notes it, and is made anew when it is done (work.go). An op is applied to
// the state (state.go) and appended to the journal (journal.go) in one step; the
// answer is written when the journal has synced all that the request may have seen.
// So nothing that a client was told is lost when the process is killed.
//
// What differs between schema types is behind Checker.
//
// # Limits
//
// A body has at most Options.MaxBody bytes (413), a kept version at most
// Options.MaxSchema (42209), JSON at most 1,000 levels; references lead to references
// at most 100 deep. A Server gives a request's header 10 seconds and 64 KiB, and its
// body a minute.
//
// # Metrics
//
// GET /metrics is Prometheus's text form (metrics.go):
//
//	concord_registry_requests_total{method,route,status}      requests answered
//	concord_registry_request_duration_seconds{method,route}   histogram; the wait for the disk is in it
//	concord_registry_requests_in_flight                       requests being answered
//	concord_registry_incompatible_total{operation,type}       schemas that do not go with earlier ones; operation is register or test
//	concord_registry_contexts                                 schema contexts
//	concord_registry_subjects{context}                        subjects with a live version
//	concord_registry_versions{context,state}                  versions; state is live or deleted
//	concord_registry_schemas{context}                         schema ids in use
//	concord_registry_schema_id_smallest{context}              the smallest of them
//	concord_registry_schema_id_largest{context}               the largest of them
//
// largest - smallest + 1 - schemas is the number of ids in between that are not in
// use. Alerts that can be tried with them:
//
//	rate(concord_registry_requests_total{status=~"5.."}[5m]) > 0
//	histogram_quantile(0.99, sum by (le) (rate(concord_registry_request_duration_seconds_bucket[5m]))) > 1
//	increase(concord_registry_incompatible_total{operation="register"}[1h]) > 0
//	concord_registry_schema_id_largest - concord_registry_schema_id_smallest + 1 - concord_registry_schemas > 0
//
// Labels have few values whatever clients send: no subject, id or text is one, a path
// or method that the registry does not have is "other", and only the first 100
// contexts, by name, have series.
//
// # Concurrency
//
// Engine and Server are safe for concurrent use. One lock guards the state; it is never
// held while the disk is waited for. Nor is it while schemas are parsed and compared,
// except where references have to be written out (format=resolved), and for a request
// that others overtook too often. Those who wait for the disk at the same time are
// served by one sync.
//
// # Errors
//
// A handler's error is a problem: the code and message of a REST error body. What
// goes wrong inside is answered as 50001 and logged.
package registryserver
