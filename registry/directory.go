package registry

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// ErrReadOnly says that a [Directory] was asked to register a schema that it does not have.
var ErrReadOnly = errors.New("registry: the directory of schemas is read-only")

// Directory answers from files what a registry once answered: the offline
// source. Records are read and written with it as with a registry, as long as
// their schemas are in the files. It reads them once, and is safe for concurrent
// use. As with a [Client], what it returns is shared and must not be changed.
//
// Used alone it is all there is, so that a schema id which no file has counts as
// unknown ([ErrSchemaNotFound]), and a record with it as unreadable for good.
// Where a registry exists, use [NewFallback], which knows the difference.
type Directory struct {
	context  string // as that of a Client
	matchers map[SchemaType]func(given, kept Schema) bool
	ids      map[SchemaID]Schema // of the context
	guids    map[GUID]Schema     // of all contexts
	lacking  int                 // schemas without a GUID
	subjects map[Subject][]kept  // by name, see place; ascending
}

var _ Resolver = (*Directory)(nil)

// kept is one version, and in which file it stands.
type kept struct {
	Registered
	deleted bool
	file    string
}

// NewDirectory reads every file below the root of fsys whose name ends in
// ".json"; files and directories whose names begin with a dot are left out. Each
// holds one answer of GET /subjects/{subject}/versions/{version}, or a list of
// them, as GET /schemas gives, or several of either after each other:
//
//	curl "$REGISTRY/schemas?deleted=true" > schemas/schemas.json
//
// is a snapshot (up to the number of schemas that the registry gives at once:
// see its offset and limit), and [Save] makes one. fsys is an [embed.FS], or
// [os.DirFS] of a directory.
//
// Errors name the file. Files that do not hold such answers, that contradict each
// other (one id with two schemas, one version with two contents), that refer to
// a version which none of them has, and that have no schema of the context asked
// for, are errors.
func NewDirectory(fsys fs.FS, opts ...DirectoryOption) (*Directory, error) {
	cfg := directoryConfig{files: 10_000, bytes: 64 << 20}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("registry: a nil DirectoryOption was given")
		}
		if err := opt.applyDirectory(&cfg); err != nil {
			return nil, err
		}
	}
	if fsys == nil {
		return nil, errors.New("registry: NewDirectory was given a nil file system")
	}
	d := &Directory{
		context: cfg.context, matchers: cfg.matchers,
		ids: make(map[SchemaID]Schema), guids: make(map[GUID]Schema), subjects: make(map[Subject][]kept),
	}
	r := directoryReader{
		d: d, fsys: fsys, files: cfg.files, bytes: cfg.bytes,
		seen: make(map[versionKey]*kept), ids: make(map[contextID]*kept), guids: make(map[GUID]*kept),
	}
	if err := r.read(); err != nil {
		return nil, fmt.Errorf("registry: directory of schemas: %w", err)
	}
	return d, nil
}

// DirectoryOption is an option of [NewDirectory].
type DirectoryOption interface{ applyDirectory(*directoryConfig) error }

type directoryOptionFunc func(*directoryConfig) error

func (f directoryOptionFunc) applyDirectory(c *directoryConfig) error { return f(c) }

type directoryConfig struct {
	context  string
	matchers map[SchemaType]func(given, kept Schema) bool
	files    int
	bytes    int64
}

// DirectoryContext chooses a schema context, "staging" or ".staging", as
// [WithSchemaContext] does for a client: subjects without a context of their own
// are that context's, and ids are its ids. Default, and ".": the default context.
func DirectoryContext(name string) DirectoryOption {
	return directoryOptionFunc(func(c *directoryConfig) (err error) {
		c.context, err = contextPrefix(name)
		return err
	})
}

// DirectoryLimits bounds how many files there may be, those that are not read
// included, and how many bytes are read from them in all. Default: 10,000 files
// and 64 MiB. 0 is refused.
func DirectoryLimits(files int, bytes int64) DirectoryOption {
	return directoryOptionFunc(func(c *directoryConfig) error {
		if files < 1 || bytes < 1 || bytes >= 1<<40 {
			return fmt.Errorf("registry: directory limits of %d files and %d bytes: want 1 file or more, and 1 byte to 1 TiB", files, bytes)
		}
		c.files, c.bytes = files, bytes
		return nil
	})
}

// MatchWith says when Lookup takes a schema given for one of type t that is kept.
// Metadata and rule sets are compared before it is asked. Default: what
// [Directory.Lookup] says. Given again for the same type, the last one counts.
func MatchWith(t SchemaType, same func(given, kept Schema) bool) DirectoryOption {
	return directoryOptionFunc(func(c *directoryConfig) error {
		if same == nil || t == "" {
			return errors.New("registry: MatchWith wants a schema type and a function")
		}
		if c.matchers == nil {
			c.matchers = make(map[SchemaType]func(given, kept Schema) bool)
		}
		c.matchers[t] = same
		return nil
	})
}

// SchemaByID returns the schema with this id in the directory's context; the error
// matches [ErrSchemaNotFound] when no file has it.
func (d *Directory) SchemaByID(_ context.Context, id SchemaID) (Schema, error) {
	if s, ok := d.ids[id]; ok {
		return s, nil
	}
	return Schema{}, newRequest(http.MethodGet, routeID, strconv.Itoa(int(id))).refuse(ErrSchemaNotFound, "no file of the directory has this id")
}

// SchemaByGUID returns the schema with this GUID; the error matches
// [ErrSchemaNotFound] when no file has it. Where files have schemas without a
// GUID, as older registries give them, it may be one of those: the error then
// matches [ErrUnsupported] instead.
func (d *Directory) SchemaByGUID(_ context.Context, guid GUID) (Schema, error) {
	if s, ok := d.guids[guid]; ok {
		return s, nil
	}
	req := newRequest(http.MethodGet, routeGUID, guid.String())
	if d.lacking > 0 {
		e := req.error(ErrUnsupported)
		e.Message = fmt.Sprintf("no file of the directory has this GUID, but %d of its schemas have none: take the snapshot from a registry that has GUIDs", d.lacking)
		return Schema{}, e
	}
	return Schema{}, req.refuse(ErrSchemaNotFound, "no file of the directory has this GUID")
}

// Version returns one version of a subject: by number soft-deleted ones
// ("deleted":true), too, and for [LatestVersion] the highest live one. The error
// matches [ErrSubjectNotFound] or [ErrVersionNotFound].
func (d *Directory) Version(_ context.Context, subject Subject, version Version) (Registered, error) {
	req := newRequest(http.MethodGet, routeVersion, string(subject), versionText(version))
	if err := checkSubject(req, subject); err != nil {
		return Registered{}, err
	}
	if err := checkVersion(req, version); err != nil {
		return Registered{}, err
	}
	if k := d.version(d.place(subject), version); k != nil {
		return k.Registered, nil
	}
	switch {
	case len(d.subjects[d.place(subject)]) == 0:
		return Registered{}, req.refuse(ErrSubjectNotFound, "no file of the directory has this subject")
	case version == LatestVersion:
		return Registered{}, req.refuse(ErrSubjectNotFound, "all versions that the directory has of this subject are deleted")
	}
	return Registered{}, req.refuse(ErrVersionNotFound, "no file of the directory has this version of the subject")
}

// version finds a version by a subject's place; nil for none.
func (d *Directory) version(place Subject, version Version) *kept {
	all := d.subjects[place]
	for i := len(all) - 1; i >= 0; i-- {
		if k := &all[i]; version == k.Version || version == LatestVersion && !k.deleted {
			return k
		}
	}
	return nil
}

// Lookup finds the version of a subject that has this schema, the newest where
// several do. The error matches [ErrSubjectNotFound] or [ErrSchemaNotFound].
//
// As with a registry, which keeps texts in its own rendering, layout and comments
// do not matter. Nor do, in Avro, the order of attributes, how names are
// qualified, a type as a word or an object, and whether what it refers to is
// written out or a reference; in JSON Schema the order of members; in Protobuf the
// order of all but messages and the values of an enum. [MatchWith] changes this.
// Metadata and rule sets count where the schema given has them. [IncludeDeleted]
// is honoured; [Normalize] adds nothing.
func (d *Directory) Lookup(_ context.Context, subject Subject, schema Schema, opts ...LookupOption) (Registered, error) {
	var cfg lookupConfig
	for _, opt := range opts {
		opt.applyLookup(&cfg)
	}
	req := newRequest(http.MethodPost, routeSubject, string(subject))
	if err := checkSubject(req, subject); err != nil {
		return Registered{}, err
	}
	place := d.place(subject)
	visible := slices.DeleteFunc(slices.Clone(d.subjects[place]), func(k kept) bool { return k.deleted && !cfg.deleted })
	if len(visible) == 0 {
		return Registered{}, req.refuse(ErrSubjectNotFound, "no file of the directory has a live version of this subject")
	}
	if k := d.find(place, schema, visible); k != nil {
		return k.Registered, nil
	}
	return Registered{}, req.refuse(ErrSchemaNotFound, fmt.Sprintf("none of the %d versions that the directory has of this subject is this schema", len(visible)))
}

// Register returns where the schema already is, as Lookup finds it. A directory
// takes nothing new, and no import: the error matches [ErrReadOnly] then, and, as
// that of a registry in mode READONLY, [ErrNotPermitted].
func (d *Directory) Register(ctx context.Context, subject Subject, schema Schema, opts ...RegisterOption) (Registered, error) {
	var cfg registerConfig
	for _, opt := range opts {
		opt.applyRegister(&cfg)
	}
	e := newRequest(http.MethodPost, routeVersions, string(subject)).error(ErrReadOnly)
	e.Code, e.Message = ErrNotPermitted, "it takes no import"
	if !cfg.given() {
		r, err := d.Lookup(ctx, subject, schema)
		if err == nil || errors.Is(err, ErrInvalidSubject) {
			return r, err
		}
		e.Message = "this schema is not among the subject's versions; register it in the registry and save the directory anew"
	}
	return Registered{}, e
}

// place is the name under which a subject is kept: with its context, which the
// default one has not.
func (d *Directory) place(s Subject) Subject {
	if d.context != "" && s != "" && !s.qualified() {
		return Subject(d.context) + s
	}
	return Subject(strings.TrimPrefix(string(s), ":.:"))
}

// contextOf is the context before a place, ":.staging:", empty for the default one.
func contextOf(place Subject) string {
	if !place.qualified() {
		return ""
	}
	return string(place[:strings.IndexByte(string(place[1:]), ':')+2])
}

// beside is the place of what a schema of a subject refers to by this name:
// without a context of its own it is in that of the subject.
func beside(parent, s Subject) Subject {
	if s.qualified() {
		return Subject(strings.TrimPrefix(string(s), ":.:"))
	}
	return Subject(contextOf(parent)) + s
}
