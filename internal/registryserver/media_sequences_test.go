package registryserver_test

const (
	mediaV1     = "application/vnd.schemaregistry.v1+json"
	mediaVendor = "application/vnd.schemaregistry+json"
	mediaJSON   = "application/json"
)

// mediaSequences: which types of body are read, and which are answered with.
var mediaSequences = []sequence{
	{"the type of an answer is what the client likes best", []step{
		{`GET /subjects?subjectPrefix=$`, `200 ` + mediaV1 + ` []`},
		{`GET [Accept: */*] /subjects?subjectPrefix=$`, `200 ` + mediaV1 + ` []`},
		{`GET [Accept: application/*] /subjects?subjectPrefix=$`, `200 ` + mediaV1 + ` []`},
		{`GET [Accept: application/json] /subjects?subjectPrefix=$`, `200 ` + mediaJSON + ` []`},
		{`GET [Accept: application/vnd.schemaregistry+json] /subjects?subjectPrefix=$`, `200 ` + mediaVendor + ` []`},
		{`GET [Accept: application/json, application/vnd.schemaregistry.v1+json] /subjects?subjectPrefix=$`, `200 ` + mediaV1 + ` []`},
		{`GET [Accept: application/json, application/vnd.schemaregistry.v1+json;q=0.5] /subjects?subjectPrefix=$`, `200 ` + mediaJSON + ` []`},
		{`GET [Accept: text/html, application/json;q=0.1] /subjects?subjectPrefix=$`, `200 ` + mediaJSON + ` []`},
		{`GET [Accept: application/json] /subjects/$/versions`, `404 ` + mediaJSON + ` 40401`},
		{`GET [Accept: application/json] /schemas/types`, `200 ` + mediaJSON + ` ["JSON","PROTOBUF","AVRO"]`},
	}},
	{"an answer that no type is left for", []step{
		{`GET [Accept: text/html] /subjects`, `406 406`},
		{`GET [Accept: text/html] /subjects/$/versions`, `406 406`},
		{`POST [Accept: application/xml] /subjects/$/versions {"schema":@int}`, `406 406`},
		{`GET /subjects/$/versions`, `404 40401`}, // and nothing was registered
		{`GET [Accept: text/html] /nowhere`, `404 404`},
		{`PUT [Accept: text/html] /subjects`, `405 405`},
	}},
	{"the types of a body that are read", []step{
		{`POST [Content-Type: application/json] /subjects/$/versions {"schema":@int}`, `200 ` + mediaV1 + ` {"version":1}`},
		{`POST [Content-Type: application/vnd.schemaregistry+json] /subjects/$ {"schema":@int}`, `200 {"version":1}`},
		{`POST [Content-Type: application/vnd.schemaregistry.v1+json; charset=utf-8] /subjects/$ {"schema":@int}`, `200 {"version":1}`},
		{`POST [Content-Type: application/octet-stream] /subjects/$ {"schema":@int}`, `200 {"version":1}`},
		{`PUT [Content-Type: application/json] [Accept: application/json] /config/$ {"compatibility":"FULL"}`, `200 ` + mediaJSON + ` {"compatibility":"FULL"}`},
	}},
	{"the types of a body that are not read", []step{
		{`POST [Content-Type: text/plain] /subjects/$/versions {"schema":@int}`, `415 415`},
		{`POST [Content-Type: application/xml] /subjects/$/versions {"schema":@int}`, `415 415`},
		{`PUT [Content-Type: application/x-www-form-urlencoded] /config/$ {"compatibility":"FULL"}`, `415 415`},
		{`GET [Content-Type: text/plain] /subjects`, `415 415`},
		{`GET [Content-Type: nonsense] /subjects`, `400 400`},
		{`GET [Content-Type: text/plain] [Accept: text/html] /subjects`, `415 415`},
		{`GET /subjects/$/versions`, `404 40401`},
		{`GET /config/$`, `404 40408`},
	}},
}

// limitSequences: schemas that are larger than a registry keeps.
var limitSequences = []sequence{
	{"a schema that cannot be kept", []step{
		{`POST /subjects/$/versions {"schema":@huge}`, `422 42209`},
		{`GET /subjects/$/versions`, `404 40401`},
		{`POST /subjects/$/versions {"schema":@other}`, `200 {"version":1}`},
		{`POST /subjects/$ {"schema":@huge}`, `404 40403`},
		{`POST /compatibility/subjects/$/versions/latest {"schema":@huge}`, `200 {"is_compatible":true}`},
		{`POST /subjects/$/versions {"schema":@huge}`, `422 42209`},
		{`PUT /config/$ {"compatibility":"FORWARD"}`, `200`},
		{`POST /subjects/$/versions {"schema":@huge}`, `409 40901`}, // which comes first
	}},
}
