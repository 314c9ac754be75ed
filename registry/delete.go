package registry

import (
	"context"
	"net/http"
)

// DeleteSubject deletes all versions of a subject (DELETE /subjects/{subject}) and
// returns their numbers: softly, so that they can still be read by number and
// id, or with [Permanent] those that were deleted softly before.
//
// Where an answer was lost and the attempt repeated, the second may find the
// work done: the error then matches [ErrSubjectSoftDeleted], or
// [ErrSubjectNotFound] for a permanent one, and its Attempts is above 1.
func (c *Client) DeleteSubject(ctx context.Context, subject Subject, opts ...DeleteOption) ([]Version, error) {
	subject = c.of(subject)
	req := newRequest(http.MethodDelete, routeSubject, string(subject))
	req.query = deleteQuery(opts)
	if err := checkSubject(req, subject); err != nil {
		return nil, err
	}
	defer c.deletedNow(subject, 0)
	var numbers []int64
	err := c.do(ctx, req, into(&numbers, checkVersions))
	return narrow[Version](numbers), err
}

// DeleteVersion deletes one version of a subject
// (DELETE /subjects/{subject}/versions/{version}) and returns its number, as
// DeleteSubject does all; after a lost answer the error matches
// [ErrVersionSoftDeleted] or [ErrVersionNotFound]. The registry refuses with
// [ErrReferenceExists] while other schemas refer to it.
//
// With [LatestVersion] a repeated attempt could delete a second version, so an
// attempt whose answer was lost is not repeated.
func (c *Client) DeleteVersion(ctx context.Context, subject Subject, version Version, opts ...DeleteOption) (Version, error) {
	subject = c.of(subject)
	req := newRequest(http.MethodDelete, routeVersion, string(subject), versionText(version))
	req.query, req.once = deleteQuery(opts), version == LatestVersion
	if err := checkSubject(req, subject); err != nil {
		return 0, err
	}
	if err := checkVersion(req, version); err != nil {
		return 0, err
	}
	forgotten := version
	if version == LatestVersion {
		forgotten = 0
	}
	defer c.deletedNow(subject, forgotten)
	var number int64
	err := c.do(ctx, req, into(&number, func(n *int64) error {
		_, err := positive("version", n)
		return err
	}))
	return Version(number), err
}

// deletedNow drops all that is known of a subject, or of one version and latest.
func (c *Client) deletedNow(subject Subject, version Version) {
	is := func(k versionKey) bool { return k.subject == subject && (version == 0 || k.version == version) }
	c.versions.forget(is, is)
	c.forgetLatest(subject)
	c.lookups.forget(func(k schemaKey) bool { return k.subject == subject }, nil)
	c.registered.forget(func(k schemaKey) bool { return k.subject == subject }, nil)
}
