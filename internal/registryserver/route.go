package registryserver

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// route is a path with its handlers. Segments in braces are parameters.
type route struct {
	pattern  string
	segments []string
	methods  map[string]func(*call) (any, error)
}

type handlers = map[string]func(*call) (any, error)

func at(pattern string, methods handlers) route {
	r := route{pattern: pattern, segments: split(pattern), methods: methods}
	if get := methods[http.MethodGet]; get != nil {
		methods[http.MethodHead] = get
	}
	return r
}

// routes is the whole surface. Literal segments come before parameters where both
// would match.
var routes = []route{
	at("/", handlers{"GET": (*call).root, "POST": (*call).root}),
	at("/subjects", handlers{"GET": (*call).listSubjects}),
	at("/subjects/{subject}", handlers{"POST": (*call).lookup, "DELETE": (*call).deleteSubject}),
	at("/subjects/{subject}/metadata", handlers{"GET": (*call).findByMetadata}),
	at("/subjects/{subject}/versions", handlers{"GET": (*call).listVersions, "POST": (*call).register}),
	at("/subjects/{subject}/versions/{version}", handlers{"GET": (*call).showVersion, "DELETE": (*call).deleteVersion}),
	at("/subjects/{subject}/versions/{version}/schema", handlers{"GET": (*call).showVersionSchema}),
	at("/subjects/{subject}/versions/{version}/referencedby", handlers{"GET": (*call).listReferrers}),
	at("/subjects/{subject}/versions/{version}/tags", handlers{"POST": (*call).setTags}),
	at("/schemas", handlers{"GET": (*call).listSchemas}),
	at("/schemas/types", handlers{"GET": (*call).listTypes}),
	at("/schemas/ids/{id}", handlers{"GET": (*call).showByID}),
	at("/schemas/ids/{id}/schema", handlers{"GET": (*call).showSchemaByID}),
	at("/schemas/ids/{id}/subjects", handlers{"GET": (*call).listSubjectsByID}),
	at("/schemas/ids/{id}/versions", handlers{"GET": (*call).listVersionsByID}),
	at("/schemas/guids/{guid}", handlers{"GET": (*call).showByGUID}),
	at("/schemas/guids/{guid}/ids", handlers{"GET": (*call).listIDsByGUID}),
	at("/compatibility/subjects/{subject}/versions", handlers{"POST": (*call).testAllCompatibility}),
	at("/compatibility/subjects/{subject}/versions/{version}", handlers{"POST": (*call).testCompatibility}),
	at("/config", handlers{"GET": (*call).showConfig, "PUT": (*call).setConfig, "DELETE": (*call).deleteConfig}),
	at("/config/{subject}", handlers{"GET": (*call).showConfig, "PUT": (*call).setConfig, "DELETE": (*call).deleteConfig}),
	at("/mode", handlers{"GET": (*call).showMode, "PUT": (*call).setMode, "DELETE": (*call).deleteMode}),
	at("/mode/{subject}", handlers{"GET": (*call).showMode, "PUT": (*call).setMode, "DELETE": (*call).deleteMode}),
	at("/contexts", handlers{"GET": (*call).listContexts}),
	at("/contexts/{context}", handlers{"DELETE": (*call).deleteContext}),
	at("/associations/subjects/{name}", handlers{"GET": (*call).listAssociations}),
	at("/associations/resources/{id}", handlers{"GET": (*call).listAssociations, "DELETE": (*call).deleteAssociations}),
	at("/associations/resources/{namespace}/{name}", handlers{"GET": (*call).listAssociations}),
	at("/v1/metadata/id", handlers{"GET": (*call).serverID}),
	at("/v1/metadata/version", handlers{"GET": (*call).serverVersion}),
	at("/v1/metadata/deployment", handlers{"GET": (*call).deployment}),
}

// split cuts a path into its segments; a slash at the end does not count.
func split(path string) []string {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// match finds the route of a path's segments, with the parameters.
func findRoute(segments []string) (*route, map[string]string) {
	for i := range routes {
		if params, ok := routes[i].match(segments); ok {
			return &routes[i], params
		}
	}
	return nil, nil
}

func (r *route) match(segments []string) (map[string]string, bool) {
	if len(segments) != len(r.segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, s := range r.segments {
		if strings.HasPrefix(s, "{") {
			params[strings.Trim(s, "{}")] = segments[i]
		} else if s != segments[i] {
			return nil, false
		}
	}
	return params, true
}

// allow is the value of the Allow header.
func (r *route) allow() string {
	return strings.Join(slices.Sorted(maps.Keys(r.methods)), ",") + ",OPTIONS"
}

// target is what a request's path means: decoded segments, and the context that a
// path below /contexts has in front.
type target struct {
	route   *route
	params  map[string]string
	context string // empty: none
}

// resolvePath finds what a request's path means. bad means that it is no path that
// a registry would ever see; a nil route means that there is nothing at it.
func resolvePath(u *url.URL) (t target, bad bool) {
	escaped := u.EscapedPath()
	if strings.Contains(escaped, "//") {
		return target{}, true
	}
	segments := split(escaped)
	for i, s := range segments {
		s, _, _ = strings.Cut(s, ";") // matrix parameters mean nothing here
		decoded, err := url.PathUnescape(s)
		if err != nil || strings.ContainsFunc(decoded, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
			return target{}, true
		}
		segments[i] = decoded
	}
	if n := len(segments); n > 0 && segments[n-1] == "" {
		segments = segments[:n-1]
	}
	if len(segments) > 2 && segments[0] == "contexts" {
		t.context = contextName(segments[1])
		segments = segments[2:]
	}
	t.route, t.params = findRoute(segments)
	return t, false
}

// inContext moves a request that was sent below /contexts/{context} into the context.
func (c *call) inContext(context string, r *route) {
	prefix := ":" + context + ":"
	qualify := func(s string) string {
		if _, _, ok := cutContext(s); ok {
			return s
		}
		return prefix + s
	}
	switch {
	case slices.Contains(r.segments, "{subject}"):
		c.path["subject"] = qualify(c.path["subject"])
	case r.pattern == "/config", r.pattern == "/mode":
		c.path["subject"] = prefix
	case strings.HasPrefix(r.pattern, "/schemas/ids"):
		c.query.Set("subject", qualify(c.query.Get("subject")))
	case r.pattern == "/schemas", r.pattern == "/subjects":
		c.query.Set("subjectPrefix", qualify(c.query.Get("subjectPrefix")))
	}
}

// RoutePattern is the method and the route of a request, such as
// "GET /schemas/ids/{id}"; the path is "" when there is nothing at it.
func RoutePattern(r *http.Request) string {
	t, bad := resolvePath(r.URL)
	if bad || t.route == nil {
		return r.Method + " "
	}
	return r.Method + " " + t.route.pattern
}

// RoutePatterns are all routes with their methods, HEAD and OPTIONS left out.
func RoutePatterns() []string {
	var all []string
	for _, r := range routes {
		for m := range r.methods {
			if m != http.MethodHead {
				all = append(all, m+" "+r.pattern)
			}
		}
	}
	slices.Sort(all)
	return all
}
