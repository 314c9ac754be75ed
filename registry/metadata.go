package registry

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

type metadataKey struct {
	subject    Subject
	properties string
}

// VersionWithMetadata returns the newest live version of a subject whose metadata
// has all these properties (GET /subjects/{subject}/metadata), kept for a while as
// the latest version is. No properties: the latest version. The error matches
// [ErrSchemaNotFound] when no version has them.
func (c *Client) VersionWithMetadata(ctx context.Context, subject Subject, properties map[string]string) (Registered, error) {
	subject = c.of(subject)
	req := newRequest(http.MethodGet, "/subjects/{subject}/metadata", string(subject))
	if err := checkSubject(req, subject); err != nil {
		return Registered{}, err
	}
	req.query = make(url.Values)
	var key strings.Builder
	for _, k := range slices.Sorted(maps.Keys(properties)) {
		req.query.Add("key", k)
		req.query.Add("value", properties[k])
		key.WriteString(strconv.Quote(k) + strconv.Quote(properties[k]))
	}
	at := metadataKey{subject, key.String()}
	if r := c.byMetadata.get(at); r != nil {
		c.known(ctx, req.method, req.route, CacheHit, nil)
		return *r, nil
	}
	return c.byMetadata.ask(ctx, c, at, req, func(ctx context.Context, req request) (Registered, error) {
		return c.fetchRegistered(ctx, req, subject)
	})
}
