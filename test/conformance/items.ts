// The rules of the Open Service Broker API 2.17 as numbered items, each in a few words of our own. Tests name them by
// number at the start of their titles; docs/conformance.md is made from both. The specification has the last word.

/** Whom an item binds: the broker, the platform, or both. */
export type Binds = 'B' | 'P' | 'B/P';

/** `MUST*` follows from several rules together; `MAY-silent` is our choice where the specification leaves one. */
export type Level = 'MUST' | 'MUST*' | 'SHOULD' | 'MAY' | 'MAY-silent';

export interface ConformanceItem {
  number: number;
  section: string;
  binds: Binds;
  level: Level;
  summary: string;
}

/** A line is: number, level, whom it binds, summary. A line that begins with `#` opens a section. */
const TABLE = `
# Versioning
1 MUST P each request says which version it speaks
2 MAY B a request without a version: 400, or 412 by setting
3 MAY B a version of another major: 412 that names the right one; any minor of ours is served
4 MUST* B major and minor are compared as numbers
5 MAY-silent B a malformed version: 400
6 MAY-silent B the version is checked on every endpoint
# Authentication
7 MUST P basic authentication, unless agreed otherwise
8 MUST B missing, malformed or wrong credentials: 401 on every endpoint
9 SHOULD B TLS, and bearer tokens as another way in
10 MAY-silent B credentials are judged first, then version, route and body
11 MAY-silent B a password may contain colons; comparison takes constant time
# Originating identity
12 MAY P the header may be missing
13 MUST P the header describes the user behind the request
14 MUST P platform word and Base64 of a JSON object
15 MAY-silent B a header that cannot be parsed: 400
16 MAY-silent B the identity reaches the author's code and not the log
# Request identity
17 MAY P any request may carry one
18 SHOULD B every response repeats it unchanged
19 MAY B it is logged, without control characters and bounded
# Messages
20 SHOULD B/P bodies are application/json; one without a type is accepted
21 SHOULD B a body of another type: 400
22 MUST B a body that is no JSON object: 400
23 MUST B unknown fields are ignored
24 MAY B responses may have fields of our own
25 MAY-silent B a field of the wrong type: 400; null counts as absent
26 MAY-silent B accepts_incomplete is true only for the word true
27 MAY-silent B a body beyond the limit: 413
# Identifiers and sizes
28 SHOULD P ids of unreserved characters, others percent-encoded
29 MUST* B ids are opaque, whatever characters they have
30 MUST P ids are globally unique and not empty
31 SHOULD P ids are not used again; here they may be, once the old resource is gone
32 MUST B operation strings are short, never empty
33 MUST P the operation string comes back as it was given
34 MUST B a catalog schema has at most 64 kB
35 SHOULD B texts for users have at most 255 characters
# Errors
36 MUST B each failure has the status that the specification gives it
37 MUST B error is one word, description is a text; every error is JSON
38 MUST B AsyncRequired: only asynchronous work is possible, and was not allowed
39 MUST B ConcurrencyError: another operation is at work on the resource
40 MUST B RequiresApp: the service binds applications only
41 MUST B MaintenanceInfoConflict: not the maintenance version of the catalog
42 MUST B instance_usable and update_repeatable only where they have a meaning
43 MUST B a 4xx creates, changes and marks nothing
44 SHOULD B a 5xx changes nothing as far as possible
45 MUST P no clean-up after a ConcurrencyError
# Catalog
46 MUST B 200 with an array of services, which may be empty
47 MUST B service names are unique and not empty
48 MUST B service ids are unique; services have descriptions
49 MUST B bindable is always there
50 MUST B every service has a plan
51 MAY B tags are strings
52 MUST B requires holds only the three words that are defined
53 MAY B instances_retrievable
54 MAY B bindings_retrievable
55 MAY B allow_context_updates
56 MAY B plan_updateable of a service
57 MUST B dashboard_client has an id and a secret
58 MUST B plan ids are unique; plans have descriptions
59 MUST B plan names are unique within their service
60 MAY B free
61 MAY B bindable of a plan overrides the service's
62 MAY B plan_updateable of a plan overrides the service's
63 MAY B binding_rotatable, of plans only
64 MAY B maximum_polling_duration in whole seconds above zero
65 MUST B the maintenance version is a semantic version
66 MAY B schemas for create, update and bind
67 MUST B a schema names its dialect and refers to nothing outside
68 MUST P platforms know draft 4; each schema is checked by its own draft
69 MAY B metadata is free, with conventional names
70 MUST B costs have amounts by currency, and a unit
71 MUST B ids stay the same from read to read
72 SHOULD B instances of a plan that left the catalog can still be used and removed
73 MAY B the catalog can be revalidated with ETag and If-Modified-Since
74 MAY-silent B unset fields are left out; a wrong catalog stops the start
# Synchronous and asynchronous
75 SHOULD B an answer comes promptly, or the work is asynchronous
76 MUST B done within the request: 201 for creations, 200 for all else
77 MUST B 202 only where it was allowed
78 MUST B only asynchronous and not allowed: 422 AsyncRequired, nothing started
79 MAY B work that ends within the request is answered so, whatever was allowed
80 MAY-silent B AsyncRequired comes after unknown ids and before all else
81 MUST B refused for concurrency: 422 ConcurrencyError
# Provision
82 MUST B the four ids are needed: 400
83 MAY-silent B a service or plan that is not in the catalog: 400
84 MAY-silent B a setting waives the two deprecated guids
85 MAY B context and parameters are objects; parameters are validated: 400
86 MUST B another maintenance version than the catalog's: 422
87 MUST B done within the request 201, accepted 202
88 MUST B dashboard_url is in the first answer, with 202 too
89 MAY B operation and metadata in the answer
90 SHOULD B repeated when done: 200
91 MUST B repeated while in progress: 202 with the first operation
92 MUST B same id, other attributes: 409
93 MAY-silent B what is compared: ids, guids and parameters with the present state
94 MAY-silent B while it is being deprovisioned: 422
95 MAY-silent B after a failed provision: never 200
96 MUST* B two equal requests at once make one instance
97 MUST* B what was accepted survives a restart
# Fetch instance
98 MUST B can be fetched from its first success on, if retrievable
99 MUST B unknown, or still being provisioned: 404
100 MUST B being updated: 422
101 MAY B ids, dashboard, parameters, maintenance version and metadata
102 MUST* B after an update the new values
103 MAY P ids in the query are hints
# Update
104 MUST B service_id is needed and must be the instance's: 400
105 MUST B without plan_id the plan stays; with one, it is a plan of the service
106 MUST B without parameters they stay; with some, they combine as documented
107 SHOULD B parameters are validated: 400
108 MAY P previous_values are neither needed nor trusted
109 MUST B only plans that are announced as updateable change: 422
110 MUST B a change that is impossible now: 422 with a reason
111 MUST B context alone is enough where that is allowed: 422 elsewhere
112 MUST B another maintenance version than the catalog's: 422; the same: it is carried out
113 MUST B applied, or nothing to change: 200
114 MUST B accepted: 202
115 MUST B repeated while in progress: 202 with the first operation
116 MUST B another one while busy: 422
117 MUST B an update that failed has changed nothing
118 SHOULD B a failure says whether the instance is usable and a repetition useful
119 MAY-silent B until it succeeds, the old plan and parameters are on record
# Last operation of an instance
120 MUST B the state is one of three words
121 MUST B a description is a text for users
122 MUST B usable and repeatable only for the failures that have them
123 MUST B an instance that does not exist: 404
124 MAY B 410 only after a delete
125 MAY-silent B after a delete 410 or succeeded, by setting
126 MAY P ids in the query are not needed, and may be the old plan's
127 MUST* B a named operation is answered for, the newest otherwise
128 MAY B Retry-After in seconds
129 SHOULD B an end is remembered and never changes
130 MUST* B succeeded means that it can be fetched and bound
131 SHOULD P polling has a limit; the operation fails at the same one
# Bind
132 MUST B service_id and plan_id are needed and must be the instance's: 400
133 MAY B context, bind_resource, parameters and app_guid
134 MUST B no application where one is needed: 422 RequiresApp
135 SHOULD B parameters are validated: 400
136 MUST P only bindable plans are bound; otherwise 400
137 MAY-silent B no such instance 404, a busy one 422
138 MUST B done within the request 201, accepted 202 with nothing but the operation
139 MUST B only asynchronous and not allowed: 422 AsyncRequired
140 SHOULD B repeated when done: 200 with the same data
141 MUST B repeated while in progress: 202 with the first operation
142 MUST B same id, other parameters: 409
143 MUST B refused for another bind: 422
144 MUST B the data is given at least once; asynchronous only where it can be fetched
145 MUST B credentials, unique for each binding
146 MUST B syslog_drain_url where declared
147 MUST B route_service_url where declared
148 MUST B volume_mounts where declared
149 SHOULD B endpoints with hosts and ports
150 MUST B expires_at and renew_before in the prescribed form
151 MAY-silent B credentials are in a Secret and nowhere else
# Binding rotation
152 MUST P only plans that say so are rotated; otherwise 400
153 MUST B a new id and the predecessor's are all that is needed
154 MUST B the predecessor is of the same instance and not expired: 400
155 MAY-silent B the successor inherits what the request leaves out
156 MUST B both work until each is removed
157 MUST B answers are those of a bind; the predecessor is compared too
# Fetch binding
158 MUST B can be fetched from its first success on, if retrievable
159 MUST B unknown, or still being made: 404
160 MUST B credentials are there after an asynchronous bind
161 MAY B the other fields of a bind, and its parameters
# Last operation of a binding
162 MUST B as for an instance
163 MUST B never instance_usable or update_repeatable
164 MAY B one operation of a binding at a time
165 MUST* B succeeded means that it can be fetched; instances and bindings do not answer for each other
# Unbind
166 MUST B service_id and plan_id are needed: 400
167 MUST B no such binding: 410
168 MUST B done 200, accepted 202, AsyncRequired 422
169 MUST B repeated while in progress: 202 with the first operation
170 MUST B busy with what cannot be interrupted: 422
171 MUST B an unbind overtakes a bind
172 MUST B nothing of the binding is left
# Deprovision
173 MUST B service_id and plan_id are needed: 400
174 MUST B no such instance: 410
175 MUST B done 200, accepted 202, AsyncRequired 422
176 MUST B repeated while in progress: 202 with the first operation
177 MUST B busy with what cannot be interrupted: 422
178 MUST B a deprovision overtakes a provision
179 MUST B nothing of the instance is left, after failures either
180 MUST P bindings go first; here those that are left go with the instance
# Orphan mitigation
181 SHOULD P what may have been made is deleted until that succeeds
182 MUST* B a delete is safe at any time
183 SHOULD P begun after a 5xx, a failed operation or a time-out
184 SHOULD P not begun after a 4xx
185 MUST* B a 4xx leaves nothing behind
186 MUST* B what ends late can still be deleted by its id
# Platform profile
187 MUST P context names its platform
188 MUST P the context of Cloud Foundry
189 MUST P the context of Kubernetes
190 MUST P the originating identity of both
191 MAY P bind_resource of Cloud Foundry
192 MAY-silent B unknown platforms and properties are accepted
193 MAY-silent B names and namespaces in context are no identity, and no place for our resources
`;

const LINE = /^(\d+) (MUST\*?|SHOULD|MAY(?:-silent)?) (B|P|B\/P) (.+)$/;

/** All items, in order. */
export const CONFORMANCE_ITEMS: readonly ConformanceItem[] = parseTable(TABLE);

function parseTable(table: string): ConformanceItem[] {
  let section = '';
  return table
    .trim()
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith('# ')) {
        section = line.slice(2);
        return [];
      }
      const [, number, level, binds, summary] = LINE.exec(line) ?? [];
      if (summary === undefined) throw new Error(`this line of the conformance table is not right: ${line}`);
      return [{ number: Number(number), section, binds: binds as Binds, level: level as Level, summary }];
    });
}
