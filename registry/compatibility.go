package registry

import (
	"context"
	"errors"
	"net/http"
)

// AllVersions is for TestCompatibility: the versions that the subject's level
// compares a new one with.
const AllVersions Version = -2

// CompatibilityResult is what a registry found.
type CompatibilityResult struct {
	Compatible bool
	Messages   []string // the registry's reasons, in its words, when not compatible
}

// TestCompatibility asks whether a schema could become the next version of a
// subject, by the subject's level: against one version, [LatestVersion], or
// [AllVersions] (POST /compatibility/subjects/{subject}/versions[/{version}], verbose).
// An invalid schema is, with this request, an incompatible one.
func (c *Client) TestCompatibility(ctx context.Context, subject Subject, version Version, schema Schema, opts ...CompatibilityOption) (CompatibilityResult, error) {
	var cfg compatibilityConfig
	for _, opt := range opts {
		opt.applyCompatibility(&cfg)
	}
	subject = c.of(subject)
	req := newRequest(http.MethodPost, "/compatibility"+routeVersions, string(subject))
	if version != AllVersions {
		req = newRequest(http.MethodPost, "/compatibility"+routeVersion, string(subject), versionText(version))
	}
	req.body, req.schema = wireOf(schema), schema.Text
	req.query = set(map[string]bool{"verbose": true, "normalize": cfg.normalize})
	if err := checkSubject(req, subject); err != nil {
		return CompatibilityResult{}, err
	}
	if version != AllVersions {
		if err := checkVersion(req, version); err != nil {
			return CompatibilityResult{}, err
		}
	}
	var w wireCompatibility
	err := c.do(ctx, req, into(&w, func(w *wireCompatibility) error {
		if w.Compatible == nil {
			return errors.New(`it has no "is_compatible"`)
		}
		return nil
	}))
	if err != nil {
		return CompatibilityResult{}, err
	}
	return CompatibilityResult{*w.Compatible, w.Messages}, nil
}

type wireCompatibility struct {
	Compatible *bool    `json:"is_compatible"`
	Messages   []string `json:"messages"`
}
