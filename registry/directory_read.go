package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// directoryEntry is one version in a file, as a registry answers it.
type directoryEntry struct {
	wireSchema
	Deleted   bool   `json:"deleted,omitempty"`
	ErrorCode *int64 `json:"error_code,omitempty"` // of an answer that was no success
}

type contextID struct {
	context string
	id      SchemaID
}

// directoryReader fills a Directory.
type directoryReader struct {
	d     *Directory
	fsys  fs.FS
	files int   // that may still come
	bytes int64 // that may still be read

	seen  map[versionKey]*kept
	ids   map[contextID]*kept
	guids map[GUID]*kept
}

const wantAnswer = "want answers of GET /subjects/{subject}/versions/{version} or GET /schemas"

func (r *directoryReader) read() error {
	if err := fs.WalkDir(r.fsys, ".", r.visit); err != nil {
		return err
	}
	for _, place := range slices.Sorted(maps.Keys(r.d.subjects)) {
		if err := r.complete(place); err != nil {
			return err
		}
	}
	if len(r.d.ids) > 0 {
		return nil
	}
	contexts := make(map[string]bool)
	for place := range r.d.subjects {
		contexts[contextName(contextOf(place))] = true
	}
	if len(contexts) == 0 {
		return errors.New("no *.json file below its root has a schema")
	}
	return fmt.Errorf("it has no schema of the context %q, only of %q: choose one with DirectoryContext",
		contextName(r.d.context), slices.Sorted(maps.Keys(contexts)))
}

// contextName is a context as people name it.
func contextName(prefix string) string {
	if prefix == "" {
		return "."
	}
	return strings.Trim(prefix, ":")
}

func (r *directoryReader) visit(name string, d fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return err // names the path
	case name != "." && strings.HasPrefix(path.Base(name), "."):
		// Among them the generations of a mounted Kubernetes ConfigMap.
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	case d.IsDir():
		return nil
	}
	if r.files--; r.files < 0 {
		return errors.New("more files than allowed: is this the right directory? (DirectoryLimits)")
	}
	if path.Ext(name) != ".json" {
		return nil
	}
	data, err := r.load(name)
	if err != nil {
		return err
	}
	if err := r.parse(name, data); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (r *directoryReader) load(name string) (_ []byte, err error) {
	f, err := r.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat() // of what a link leads to
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", name)
	}
	data, err := io.ReadAll(io.LimitReader(f, r.bytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if r.bytes -= int64(len(data)); r.bytes < 0 {
		return nil, fmt.Errorf("%s: the files have more bytes than allowed (DirectoryLimits)", name)
	}
	return data, nil
}

func (r *directoryReader) parse(file string, data []byte) error {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return errors.New("it is in UTF-16: write it in UTF-8")
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")):
		return errors.New("it is a page and no JSON: " + wantAnswer)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	dec := json.NewDecoder(bytes.NewReader(data))
	values := 0
	for ; ; values++ {
		var raw json.RawMessage
		err := dec.Decode(&raw)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return notJSON(data, err)
		}
		list := []json.RawMessage{raw}
		if raw[0] == '[' {
			if err := json.Unmarshal(raw, &list); err != nil {
				return notJSON(data, err)
			}
		}
		for i, raw := range list {
			if err := r.entry(file, raw); err != nil {
				if len(list) > 1 {
					return fmt.Errorf("entry %d: %w", i+1, err)
				}
				return err
			}
		}
	}
	if values == 0 {
		return errors.New("it is empty: " + wantAnswer)
	}
	return nil
}

// notJSON says where, without quoting the file as the decoder would.
func notJSON(data []byte, err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && syntax.Offset <= int64(len(data)) {
		return fmt.Errorf("line %d is not JSON: %s", bytes.Count(data[:syntax.Offset], []byte("\n"))+1, wantAnswer)
	}
	return errors.New("its JSON breaks off: " + wantAnswer)
}

func (r *directoryReader) entry(file string, raw json.RawMessage) error {
	if raw[0] != '{' {
		return errors.New("not a JSON object: " + wantAnswer)
	}
	var e directoryEntry
	if err := json.Unmarshal(raw, &e); err != nil {
		if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			what, _, _ := strings.Cut(mismatch.Value, " ") // "number 1.5"
			return fmt.Errorf("%q cannot be a %s", strings.TrimPrefix(mismatch.Field, "wireSchema."), what)
		}
		return errors.New("not the JSON expected: " + wantAnswer)
	}
	if e.ErrorCode != nil && e.Schema == nil {
		return fmt.Errorf("it is a registry's error with the code %d: %s", *e.ErrorCode, wantAnswer)
	}
	if e.Subject == "" {
		return errors.New(`it has no "subject": ` + wantAnswer)
	}
	if err := checkSubject(request{}, e.Subject); err != nil {
		return errors.New("its subject has a control character")
	}
	reg, err := e.registered("")
	if err != nil {
		return fmt.Errorf("subject %q: %s: %s", e.Subject, strings.TrimPrefix(err.Error(), "registry: "), wantAnswer)
	}
	return r.add(&kept{Registered: reg, deleted: e.Deleted, file: file})
}

// add keeps an entry unless it contradicts an earlier one.
func (r *directoryReader) add(k *kept) error {
	place := Subject(strings.TrimPrefix(string(k.Subject), ":.:"))
	if strings.HasPrefix(contextOf(place), ":*") {
		return fmt.Errorf("subject %q is in no one context", k.Subject)
	}
	key := versionKey{place, k.Version}
	if was := r.seen[key]; was != nil {
		if was.ID != k.ID || was.GUID != k.GUID || was.deleted != k.deleted || !equalSchemas(was.Schema, k.Schema) {
			return fmt.Errorf("version %d of subject %q is another one in %s", k.Version, k.Subject, was.file)
		}
		return nil
	}
	r.seen[key] = k
	at := contextID{contextOf(place), k.ID}
	if was := r.ids[at]; was == nil {
		r.ids[at] = k
	} else if !equalSchemas(was.Schema, k.Schema) {
		return fmt.Errorf("schema id %d, of version %d of subject %q, is another schema in %s", k.ID, k.Version, k.Subject, was.file)
	}
	if k.GUID.IsZero() {
		r.d.lacking++
	} else if was := r.guids[k.GUID]; was == nil {
		r.guids[k.GUID] = k
		r.d.guids[k.GUID] = k.Schema
	} else if other := was.Schema; other.Text != k.Text { // the type is not part of a GUID
		return fmt.Errorf("schema GUID %s, of version %d of subject %q, is another schema in %s", k.GUID, k.Version, k.Subject, was.file)
	}
	if at.context == r.d.context {
		r.d.ids[k.ID] = k.Schema
	}
	r.d.subjects[place] = append(r.d.subjects[place], *k)
	return nil
}

func equalSchemas(a, b Schema) bool {
	ka, errA := newSchemaKey("", a, false, false)
	kb, errB := newSchemaKey("", b, false, false)
	return errA == nil && errB == nil && ka == kb
}

// complete sorts a subject's versions, and checks that what they refer to is there.
func (r *directoryReader) complete(place Subject) error {
	all := r.d.subjects[place]
	slices.SortFunc(all, func(a, b kept) int { return int(a.Version) - int(b.Version) })
	for i := range all {
		for _, ref := range all[i].References {
			if r.d.version(beside(place, ref.Subject), ref.Version) == nil {
				return fmt.Errorf("%s: version %d of subject %q refers to version %s of subject %q, which no file has: the snapshot is not complete",
					all[i].file, all[i].Version, all[i].Subject, versionText(ref.Version), ref.Subject)
			}
		}
	}
	return nil
}
