package registrytest

import (
	"slices"
	"strings"

	"github.com/concord-go/concord/internal/registryserver"
)

// Route is a method and a path of the REST interface with its parameters in braces,
// such as "GET /schemas/ids/{id}" or "POST /subjects/{subject}/versions".
type Route string

// AnyRoute is every request, whatever its path.
const AnyRoute Route = ""

// Routes are the routes that the registry has.
func Routes() []Route {
	var all []Route
	for _, p := range registryserver.RoutePatterns() {
		all = append(all, Route(p))
	}
	return all
}

// checkRoute fails the test for a route that no request can have.
func (r *Registry) checkRoute(route Route) {
	r.tb.Helper()
	if route != AnyRoute && !slices.Contains(Routes(), route) {
		r.tb.Fatalf("registrytest: there is no route %q; those with that method: %s", route, sameMethod(route))
	}
}

func sameMethod(route Route) string {
	method, _, _ := strings.Cut(string(route), " ")
	var all []string
	for _, other := range registryserver.RoutePatterns() {
		if strings.HasPrefix(other, method+" ") {
			all = append(all, other)
		}
	}
	return strings.Join(all, ", ")
}

// Calls is how many requests came in for a route, those that met a fault included.
func (r *Registry) Calls(route Route) int {
	r.tb.Helper()
	r.checkRoute(route)
	r.mu.Lock()
	defer r.mu.Unlock()
	if route != AnyRoute {
		return r.calls[route]
	}
	sum := 0
	for _, n := range r.calls {
		sum += n
	}
	return sum
}
