package registry

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
)

// Versions lists the numbers of a subject's live versions, ascending
// (GET /subjects/{subject}/versions). The error matches [ErrSubjectNotFound] where
// there are none to list.
func (c *Client) Versions(ctx context.Context, subject Subject, opts ...VersionsOption) ([]Version, error) {
	var cfg listConfig
	for _, opt := range opts {
		opt.applyVersions(&cfg)
	}
	subject = c.of(subject)
	req := newRequest(http.MethodGet, routeVersions, string(subject))
	req.query = cfg.query("")
	if err := checkSubject(req, subject); err != nil {
		return nil, err
	}
	var numbers []int64
	err := c.do(ctx, req, into(&numbers, checkVersions))
	return narrow[Version](numbers), err
}

// VersionState is a version, and whether it was deleted softly.
type VersionState struct {
	Version Version
	Deleted bool
}

// VersionStates lists all versions of a subject, ascending, the soft-deleted ones
// marked (GET /subjects/{subject}/versions?deletedAsNegative=true). Where the
// registry marks none it is asked for the live ones too, for an older one does not
// know how to. The error matches [ErrSubjectNotFound] where there are none.
func (c *Client) VersionStates(ctx context.Context, subject Subject) ([]VersionState, error) {
	subject = c.of(subject)
	req := newRequest(http.MethodGet, routeVersions, string(subject))
	req.query = set(map[string]bool{"deleted": true, "deletedAsNegative": true})
	if err := checkSubject(req, subject); err != nil {
		return nil, err
	}
	var numbers []int64
	err := c.do(ctx, req, into(&numbers, func(numbers *[]int64) error {
		sizes := slices.Clone(*numbers)
		for i, n := range sizes {
			sizes[i] = max(n, -n)
		}
		return checkVersions(&sizes)
	}))
	if err != nil {
		return nil, err
	}
	states := make([]VersionState, len(numbers))
	marked := false
	for i, n := range numbers {
		states[i] = VersionState{Version(max(n, -n)), n < 0}
		marked = marked || n < 0
	}
	if !marked {
		live, err := c.Versions(ctx, subject)
		if err != nil && !errors.Is(err, ErrSubjectNotFound) { // all were deleted
			return nil, err
		}
		for i, s := range states {
			states[i].Deleted = !slices.Contains(live, s.Version)
		}
		for _, v := range live { // and what came meanwhile
			if !slices.Contains(states, VersionState{Version: v}) {
				states = append(states, VersionState{Version: v})
			}
		}
	}
	slices.SortFunc(states, func(a, b VersionState) int { return int(a.Version) - int(b.Version) })
	return states, nil
}

// Subjects lists the subjects that have live versions, of every context, or of
// the client's where it has one (GET /subjects).
func (c *Client) Subjects(ctx context.Context, opts ...SubjectsOption) ([]Subject, error) {
	var cfg listConfig
	for _, opt := range opts {
		opt.applySubjects(&cfg)
	}
	cfg.prefix = c.prefix(cfg.prefix)
	req := newRequest(http.MethodGet, "/subjects")
	req.query = cfg.query(subjectPrefix)
	var subjects []Subject
	err := c.do(ctx, req, into(&subjects, notNull))
	return subjects, err
}

// ReferencedBy lists the ids of the schemas that refer to a version, ascending
// (GET /subjects/{subject}/versions/{version}/referencedby). While there are any,
// the version cannot be deleted. The error matches [ErrSubjectNotFound] or
// [ErrVersionNotFound].
func (c *Client) ReferencedBy(ctx context.Context, subject Subject, version Version, opts ...UseOption) ([]SchemaID, error) {
	subject = c.of(subject)
	req := newRequest(http.MethodGet, routeVersion+"/referencedby", string(subject), versionText(version))
	req.query = useQuery(opts).query("")
	if err := checkSubject(req, subject); err != nil {
		return nil, err
	}
	if err := checkVersion(req, version); err != nil {
		return nil, err
	}
	var numbers []int64
	err := c.do(ctx, req, into(&numbers, func(numbers *[]int64) error {
		if err := notNull(numbers); err != nil {
			return err
		}
		return checkNumbers("id", *numbers)
	}))
	return narrow[SchemaID](numbers), err
}

// SubjectsByID lists the subjects that have a live version with this id
// (GET /schemas/ids/{id}/subjects), possibly none where all are soft-deleted. The
// error matches [ErrSchemaNotFound] when the registry has no such id.
func (c *Client) SubjectsByID(ctx context.Context, id SchemaID, opts ...UseOption) ([]Subject, error) {
	req, err := c.idRequest(routeID+"/subjects", id)
	if err != nil {
		return nil, err
	}
	addQuery(&req, useQuery(opts).query(""))
	var subjects []Subject
	err = c.do(ctx, req, into(&subjects, notNull))
	return subjects, err
}

// SubjectVersion is one version of one subject.
type SubjectVersion struct {
	Subject Subject
	Version Version
}

// VersionsByID lists the live versions with this id, of all subjects
// (GET /schemas/ids/{id}/versions), possibly none where all are soft-deleted. The
// error matches [ErrSchemaNotFound] when the registry has no such id.
func (c *Client) VersionsByID(ctx context.Context, id SchemaID, opts ...UseOption) ([]SubjectVersion, error) {
	req, err := c.idRequest(routeID+"/versions", id)
	if err != nil {
		return nil, err
	}
	addQuery(&req, useQuery(opts).query(""))
	var places []SubjectVersion
	var wire []wireSchema
	err = c.do(ctx, req, into(&wire, func(wire *[]wireSchema) error {
		places = make([]SubjectVersion, 0, len(*wire))
		for _, w := range *wire {
			version, err := positive("version", w.Version)
			if err != nil {
				return err
			}
			if w.Subject == "" {
				return errors.New(`it has no "subject"`)
			}
			places = append(places, SubjectVersion{w.Subject, Version(version)})
		}
		return notNull(wire)
	}))
	if err != nil {
		return nil, err
	}
	return places, nil
}

// ContextID is an id and the context that it counts in, "." for the default one.
type ContextID struct {
	Context string
	ID      SchemaID
}

// IDsByGUID lists the ids that a schema with this content has, in every context
// (GET /schemas/guids/{guid}/ids), none where it is not known. The error matches
// [ErrUnsupported] where the registry knows no GUIDs.
func (c *Client) IDsByGUID(ctx context.Context, guid GUID) ([]ContextID, error) {
	req := newRequest(http.MethodGet, routeGUID+"/ids", guid.String())
	type wireID struct {
		Context string `json:"context"`
		ID      *int64 `json:"id"`
	}
	var ids []ContextID
	var wire []wireID
	err := c.do(ctx, req, into(&wire, func(wire *[]wireID) error {
		ids = make([]ContextID, 0, len(*wire))
		for _, w := range *wire {
			id, err := positive("id", w.ID)
			if err != nil {
				return err
			}
			ids = append(ids, ContextID{w.Context, SchemaID(id)})
		}
		return notNull(wire)
	}))
	if err != nil {
		return nil, err
	}
	return ids, nil
}

func useQuery(opts []UseOption) *listConfig {
	var cfg listConfig
	for _, opt := range opts {
		opt.applyUse(&cfg)
	}
	return &cfg
}

// addQuery adds parameters to those of a request.
func addQuery(req *request, more map[string][]string) {
	if req.query == nil {
		req.query = more
		return
	}
	for k, v := range more {
		req.query[k] = v
	}
}

func checkVersions(numbers *[]int64) error {
	if err := notNull(numbers); err != nil {
		return err
	}
	return checkNumbers("version", *numbers)
}

func checkNumbers(what string, numbers []int64) error {
	for _, n := range numbers {
		if n < 1 || n > math.MaxInt32 {
			return fmt.Errorf("its %s %d is outside 1..%d", what, n, math.MaxInt32)
		}
	}
	return nil
}

func notNull[E any](list *[]E) error {
	if *list == nil {
		return errors.New("it is null and not a list")
	}
	return nil
}

// narrow gives numbers that were checked their type.
func narrow[N ~int32](numbers []int64) []N {
	if numbers == nil {
		return nil
	}
	all := make([]N, len(numbers))
	for i, n := range numbers {
		all[i] = N(n)
	}
	return all
}
