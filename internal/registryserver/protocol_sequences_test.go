package registryserver_test

// protocolSequences: bodies, methods and paths.
var protocolSequences = []sequence{
	{"bodies that are none", []step{
		{`POST /subjects/$/versions`, `422 422`},
		{`POST /subjects/$/versions null`, `422 422`},
		{`POST /subjects/$/versions {`, `400 400`},
		{`POST /subjects/$/versions []`, `400 400`},
		{`POST /subjects/$/versions "x"`, `400 400`},
		{`POST /subjects/$/versions {"schema":@int}{}`, `400 400`},
		{`POST /subjects/$/versions {"schema":{}}`, `400 400`},
		{`POST /subjects/$/versions {"schema":@int,"references":{}}`, `400 400`},
		{`POST /subjects/$/versions {"schema":@int,"id":true}`, `400 400`},
		{`POST /subjects/$/versions {"schema":@int,"version":2147483648}`, `400 400`},
		{`POST /subjects/$/versions {"schema":@int,"metadata":[]}`, `400 400`},
		{`PUT /config/$`, `422 422`},
		{`PUT /config/$ "FULL"`, `400 400`},
		{`PUT /mode/$ []`, `400 400`},
		{`POST /compatibility/subjects/$/versions/latest {`, `400 400`},
		{`GET /subjects/$/versions`, `404 40401`},
	}},
	{"fields of other kinds are converted, unknown ones ignored", []step{
		{`POST /subjects/$/versions {"schema":@v1,"version":"1","colour":"red"}`, `200 {"version":1}`},
		{`PUT /config/$ {"compatibilityGroup":7,"colour":"red"}`, `200 {"compatibilityGroup":"7"}`},
		{`PUT /config/$ {"normalize":"true"}`, `200 {"normalize":true}`},
	}},
	{"unknown paths", []step{
		{`GET /subject`, `404 404`},
		{`GET /subjects/$/nothing`, `404 404`},
		{`GET /schemas/nothing`, `404 404`},
		{`GET /v1`, `404 404`},
		{`GET /subjects/$/versions/1/`, `404 40401`},
		{`GET /subjects;x=1?subjectPrefix=$`, `200 []`},
	}},
	{"methods that a path has not", []step{
		{`PUT /subjects`, `405 405`},
		{`PATCH /subjects/$/versions {}`, `405 405`},
		{`POST /schemas/ids/1 {}`, `405 405`},
		{`GET /compatibility/subjects/$/versions/1`, `405 405`},
		{`OPTIONS /subjects`, `200`},
		{`HEAD /subjects`, `200`},
		{`HEAD /subjects/$/versions`, `404`},
	}},
	{"about the server", []step{
		{`GET /`, `200 {}`},
		{`POST / {}`, `200 {}`},
		{`GET /schemas/types`, `200 ["JSON","PROTOBUF","AVRO"]`},
		{`GET /v1/metadata/id`, `200 {"scope":{"path":[],"clusters":{"kafka-cluster":"*","schema-registry-cluster":"*"}}}`},
		{`GET /v1/metadata/version`, `200 {"version":"*","commitId":"*"}`},
		{`GET /v1/metadata/deployment`, `200 {"attributes":[]}`},
		{`GET /associations/subjects/$`, `200 []`},
		{`GET /associations/resources/-/$`, `200 []`},
		{`DELETE /associations/resources/$`, `404 40410`},
	}},
}

// contractSequences: metadata and normalization.
var contractSequences = []sequence{
	{"metadata make another schema", []step{
		{`POST /subjects/$/versions {"schema":@v1,"metadata":{"properties":{"owner":"a"}}}`, `200 {"id":"#i1","version":1,"guid":"#g1","metadata":{"properties":{"owner":"a"}}}`},
		{`POST /subjects/$/versions {"schema":@v1}`, `200 {"id":"#i1","version":1}`},
		{`POST /subjects/$/versions {"schema":@v1,"metadata":{"properties":{"owner":"b"}}}`, `200 {"id":"#i2","version":2,"guid":"#g2"}`},
		{`POST /subjects/$ {"schema":@v1,"metadata":{"properties":{"owner":"a"}}}`, `200 {"id":"#i1","version":1}`},
		{`POST /subjects/$ {"schema":@v1,"metadata":{"properties":{"owner":"c"}}}`, `404 40403`},
		{`GET /subjects/$/metadata?key=owner&value=a`, `200 {"version":1}`},
		{`GET /subjects/$/metadata?key=owner&value=c`, `404 40403`},
		{`GET /subjects/$/metadata`, `200 {"version":2}`},
		{`GET /subjects/$-none/metadata?key=owner&value=a`, `404 40401`},
	}},
	{"metadata are inherited and laid over", []step{
		{`PUT /config/$ {"defaultMetadata":{"properties":{"team":"x","tier":"1"}},"overrideMetadata":{"properties":{"tier":"2"}}}`, `200`},
		{`POST /subjects/$/versions {"schema":@v1,"metadata":{"properties":{"team":"y"}}}`, `200 {"metadata":{"properties":{"team":"y","tier":"2"}}}`},
		{`POST /subjects/$/versions {"schema":@v2}`, `200 {"version":2,"metadata":{"properties":{"team":"y","tier":"2"}}}`},
	}},
	{"only metadata", []step{
		{`POST /subjects/$/versions {"metadata":{"properties":{"a":"1"}}}`, `422 42201`},
		{`POST /subjects/$/versions {"schema":@v1}`, `200 {"version":1}`},
		{`POST /subjects/$/versions {"metadata":{"properties":{"a":"1"}}}`, `200 {"version":2,"schema":"*"}`},
		{`POST /subjects/$/versions {}`, `200 {"version":2}`},
	}},
	{"normalized texts are one", []step{
		{`POST /subjects/$/versions?normalize=true {"schema":"{\"type\":\"record\",\"name\":\"N$\",\"z\":1,\"b\":2,\"fields\":[]}"}`, `200 {"id":"#i1"}`},
		{`POST /subjects/$/versions?normalize=true {"schema":"{\"type\":\"record\",\"name\":\"N$\",\"b\":2,\"z\":1,\"fields\":[]}"}`, `200 {"id":"#i1"}`},
		{`POST /subjects/$-b/versions {"schema":"{\"type\":\"record\",\"name\":\"N$\",\"z\":1,\"b\":2,\"fields\":[]}"}`, `200 {"id":"#i2"}`},
		{`PUT /config/$-c {"normalize":true}`, `200`},
		{`POST /subjects/$-c/versions {"schema":"{\"type\":\"record\",\"name\":\"N$\",\"z\":1,\"b\":2,\"fields\":[]}"}`, `200 {"id":"#i1"}`},
	}},
}
