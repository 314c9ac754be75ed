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
// parse schemas before they take the lock (parse.go), decide under the lock, and
// make ops (op.go) of what they change. An op is applied to the state (state.go) and
// appended to the journal (journal.go) in one step; the answer is written when the
// journal has synced all that the request may have seen. So nothing that a client
// was told is lost when the process is killed.
//
// What differs between schema types is behind Checker.
//
// GET /metrics tells Prometheus what it did and what it holds (metrics.go).
//
// # Concurrency
//
// Engine and Server are safe for concurrent use. One lock guards the state; it is
// never held while the disk is waited for. Those who wait for the disk at the same
// time are served by one sync.
//
// # Errors
//
// A handler's error is a problem: the code and message of a REST error body. What
// goes wrong inside is answered as 50001 and logged.
package registryserver
