package registry

import (
	"context"
	"errors"
	"net/http"
)

// Ping reports whether a registry answers at one of the URLs and takes the client's
// credentials, by a request that needs no subject (GET /schemas/types): nil, or why
// it does not. Registries allow this request to everybody who may connect; what a
// client may do with its subjects shows when it does it.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.SchemaTypes(ctx)
	return err
}

// SchemaTypes lists the schema languages that the registry takes (GET /schemas/types).
func (c *Client) SchemaTypes(ctx context.Context) ([]SchemaType, error) {
	var types []SchemaType
	err := c.do(ctx, newRequest(http.MethodGet, "/schemas/types"), into(&types, notNull))
	return types, err
}

// ServerVersion is what a registry says of itself.
type ServerVersion struct {
	Version  string `json:"version"`  // "8.3.1", say
	CommitID string `json:"commitId"` // of its source
}

// ServerVersion returns the registry's release (GET /v1/metadata/version). The error
// matches [ErrUnsupported] where it does not tell: older releases, other makes.
func (c *Client) ServerVersion(ctx context.Context) (ServerVersion, error) {
	var v ServerVersion
	err := c.do(ctx, newRequest(http.MethodGet, "/v1/metadata/version"), into(&v, func(v *ServerVersion) error {
		if v.Version == "" {
			return errors.New(`it has no "version"`)
		}
		return nil
	}))
	return v, err
}

// ClusterID names the clusters that a registry belongs to.
type ClusterID struct {
	Kafka    string // the Kafka cluster that it keeps its schemas in
	Registry string // the group of servers that are one registry
}

// ClusterID returns the names of the registry's clusters (GET /v1/metadata/id). The
// error matches [ErrUnsupported] where it does not tell.
func (c *Client) ClusterID(ctx context.Context) (ClusterID, error) {
	var w struct {
		Scope *struct {
			Clusters struct {
				Kafka    string `json:"kafka-cluster"`
				Registry string `json:"schema-registry-cluster"`
			} `json:"clusters"`
		} `json:"scope"`
	}
	req := newRequest(http.MethodGet, "/v1/metadata/id")
	var id ClusterID
	err := c.do(ctx, req, func(data []byte) error {
		if err := into(&w, nil)(data); err != nil {
			return err
		}
		if w.Scope == nil {
			return errors.New(`it has no "scope"`)
		}
		id = ClusterID(w.Scope.Clusters)
		return nil
	})
	return id, err
}

// Deployment lists the attributes that the registry's operator gave it, possibly
// none (GET /v1/metadata/deployment). The error matches [ErrUnsupported] where it
// does not tell.
func (c *Client) Deployment(ctx context.Context) ([]string, error) {
	var w struct {
		Attributes []string `json:"attributes"`
	}
	err := c.do(ctx, newRequest(http.MethodGet, "/v1/metadata/deployment"), into(&w, nil))
	return w.Attributes, err
}

// MaxID returns the largest id that the registry gave out so far, in the context of
// a schema: id is any that exists there (GET /schemas/ids/{id}?fetchMaxId=true). Ids
// that jump, or go back, show a registry that was restored or runs twice. The
// error matches [ErrSchemaNotFound] when there is no such id, and [ErrUnsupported]
// where the registry does not tell.
func (c *Client) MaxID(ctx context.Context, id SchemaID) (SchemaID, error) {
	req, err := c.idRequest(routeID, id)
	if err != nil {
		return 0, err
	}
	addQuery(&req, map[string][]string{"fetchMaxId": {"true"}})
	var w struct {
		wireSchema
		MaxID *int64 `json:"maxId"`
	}
	var most int32
	err = c.do(ctx, req, func(data []byte) error {
		if err := into(&w, nil)(data); err != nil {
			return err
		}
		if w.MaxID == nil {
			_, err := w.schema()
			return err
		}
		most, err = positive("maxId", w.MaxID)
		return err
	})
	if err == nil && most == 0 {
		return 0, &Error{Method: req.method, Path: req.path, Status: http.StatusOK, Message: `the answer has no "maxId"`, Err: ErrUnsupported}
	}
	return SchemaID(most), err
}
