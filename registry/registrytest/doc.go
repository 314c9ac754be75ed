// Package registrytest is a Schema Registry for tests: a real HTTP server on
// loopback with the REST interface, rules and error codes of Confluent's registry,
// and faults where the test wants them.
//
//	func TestService(t *testing.T) {
//		reg := registrytest.New(t)
//		reg.Register("user-events-value", registry.Schema{Text: schemaV1})
//		client, err := registry.NewClient(reg.URL())
//		...
//		remove := reg.Inject("GET /schemas/ids/{id}", registrytest.Hang(), registrytest.Times(2))
//		...
//		remove()
//		if n := reg.Calls("GET /schemas/ids/{id}"); n != 3 {
//			t.Errorf("%d calls", n)
//		}
//	}
//
// # The way of a request
//
// A request is counted under its [Route], then the faults are asked in the order in
// which they were injected; the first one for the route that is not used up answers.
// Without one the registry does. [Registry.Register], [Registry.SetLevel] and
// [Registry.SetMode] go past all that: what a test sets up is neither counted nor
// disturbed.
//
// # Faults
//
//	Delay(d), Hang()               the answer comes late, or when the test says so
//	Status(503).WithRetryAfter(d)  an error, with or without a code and Retry-After
//	HTML()                         200 with a page of a proxy or a login
//	RedirectTo(origin)             307 to another origin
//	CutBeforeAnswer(), CutInBody() the connection breaks before, or in the body
//	Drip(pause)                    the body comes byte by byte
//	LargeBody(10<<30)              a body of any size, and one without end:
//	EndlessBody()
//	Answer(handler)                anything else
//
// A fault begins with [Registry.Inject], for one route or [AnyRoute], for a number of
// requests or until it is removed.
//
// # Concurrency
//
// A Registry is safe for concurrent use. It ends with its test; requests that hang
// then are let go.
//
// # Errors
//
// What cannot be set up fails the test at once.
package registrytest
