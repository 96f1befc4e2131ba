/**
 * The tables, as numbered steps. A step that has been released is never changed: a new one is added behind it.
 * It leaves the tables usable for the version before it, so that replicas can be replaced one after the other.
 *
 * `{t}name` is the name of a table. The rest in braces is where the two databases differ:
 * `{key}` a number given by the database and never given again · `{id}` text compared by its bytes · `{long}` a whole number up to 2^53 ·
 * `{json}` JSON that can be looked into · `{bytes}` bytes · `{clustered}` rows kept in the order of the primary key.
 */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "threads, messages, resources, suspensions, runs, idempotency",
    statements: [
      `create table {t}threads (
        thread_key {key}, tenant {id} not null, id {id} not null, resource_id {id} not null,
        title text, metadata {json}, version {long} not null default 0, last_seq {long} not null default 0,
        created_at {long} not null, updated_at {long} not null)`,
      `create unique index {i}threads_id on {t}threads (tenant, id, resource_id)`,
      `create index {i}threads_created on {t}threads (tenant, resource_id, created_at, thread_key)`,
      `create index {i}threads_updated on {t}threads (tenant, resource_id, updated_at, thread_key)`,
      `create index {i}threads_all_created on {t}threads (tenant, created_at, thread_key)`,
      `create index {i}threads_all_updated on {t}threads (tenant, updated_at, thread_key)`,
      `create table {t}messages (
        thread_key {long} not null, seq {long} not null, id {id} not null, role text not null, type text,
        created_at {long} not null, content text not null, metadata {json}, primary key (thread_key, seq))`,
      `create unique index {i}messages_id on {t}messages (id, thread_key)`,
      `create index {i}messages_created on {t}messages (created_at)`,
      `create table {t}resources (
        tenant {id} not null, id {id} not null, working_memory text, metadata {json}, version {long} not null,
        created_at {long} not null, updated_at {long} not null, primary key (tenant, id))`,
      `create table {t}suspensions (
        tenant {id} not null, run_id {id} not null, resource_id {id} not null, agent_id {id} not null, thread_id {id},
        suspended_at {long} not null, calls text not null, state text not null, primary key (tenant, run_id, resource_id))`,
      `create index {i}suspensions_agent on {t}suspensions (tenant, agent_id, suspended_at)`,
      `create table {t}runs (
        run_key {key}, tenant {id} not null, id {id} not null, resource_id {id} not null, kind text not null, name {id} not null,
        thread_id {id}, parent_run_id {id}, status text not null, input text, output text, error text, metadata {json}, graph_hash text,
        owner {id}, epoch {long} not null default 0, signals {long} not null default 0, cancel_requested {long} not null default 0,
        wake_at {long} not null, created_at {long} not null, updated_at {long} not null, finished_at {long})`,
      `create unique index {i}runs_id on {t}runs (tenant, id, resource_id)`,
      `create index {i}runs_due on {t}runs (wake_at) where status = 'ready'`,
      `create index {i}runs_owner on {t}runs (owner) where status = 'running'`,
      `create index {i}runs_created on {t}runs (tenant, created_at)`,
      `create index {i}runs_name on {t}runs (tenant, name, created_at)`,
      `create index {i}runs_resource on {t}runs (tenant, resource_id, created_at)`,
      `create index {i}runs_finished on {t}runs (finished_at) where finished_at is not null`,
      `create table {t}run_journal (run_key {long} not null, key {id} not null, value text, primary key (run_key, key)) {clustered}`,
      `create table {t}run_events (
        run_key {long} not null, seq {long} not null, type text not null, data text, at {long} not null, primary key (run_key, seq)) {clustered}`,
      `create table {t}workers (id {id} primary key, alive_until {long} not null)`,
      `create table {t}idempotency (
        tenant {id} not null, subject {id} not null, key {id} not null, fingerprint text not null, answer text,
        expires_at {long} not null, primary key (tenant, subject, key))`,
      `create index {i}idempotency_expires on {t}idempotency (expires_at)`,
    ],
  },
  {
    version: 2,
    name: "vectors",
    statements: [
      `create table {t}vector_indexes (name {id} primary key, dimension {long} not null, metric text not null)`,
      `create table {t}vectors (index_name {id} not null, id {id} not null, vector {bytes} not null, metadata {json}, primary key (index_name, id))`,
    ],
  },
  {
    version: 3,
    name: "leases",
    statements: [
      `create table {t}leases (
        tenant {id} not null, resource_id {id} not null, name {id} not null, holder {id} not null, expires_at {long} not null,
        primary key (tenant, resource_id, name))`,
    ],
  },
  {
    version: 4,
    name: "how an index keeps its vectors",
    statements: [`alter table {t}vector_indexes add column kind text not null default 'exact'`],
  },
  {
    version: 5,
    name: "how many workers a run has lost",
    statements: [`alter table {t}runs add column lost {long} not null default 0`],
  },
  {
    version: 9,
    name: "API keys",
    statements: [
      `create table {t}api_keys (
        id {id} primary key, hash text not null, name text not null, tenant {id} not null, subject {id} not null, roles {json}, scopes {json},
        created_at {long} not null, expires_at {long}, revoked_at {long}, last_used_at {long})`,
      `create index {i}api_keys_owner on {t}api_keys (tenant, subject, created_at)`,
    ],
  },
  {
    version: 10,
    name: "limits",
    statements: [
      `create table {t}limits (key {id} primary key, used {long} not null, reset_at {long} not null)`,
      `create index {i}limits_reset on {t}limits (reset_at)`,
      `create table {t}limit_places (key {id} not null, holder {id} not null, expires_at {long} not null, primary key (key, holder))`,
      `create index {i}limit_places_expires on {t}limit_places (expires_at)`,
    ],
  },
  {
    version: 11,
    name: "schedules",
    statements: [
      `create table {t}schedules (
        tenant {id} not null, id {id} not null, resource_id {id} not null, workflow_id {id} not null, cron text not null, timezone text,
        status text not null, next_fire_at {long} not null, last_fire_at {long}, last_run_id {id}, target text, metadata text,
        declared {long} not null default 0, created_at {long} not null, updated_at {long} not null, primary key (tenant, id, resource_id))`,
      `create index {i}schedules_due on {t}schedules (next_fire_at) where status = 'active'`,
      `create index {i}schedules_owner on {t}schedules (tenant, resource_id, created_at)`,
      `create table {t}schedule_triggers (
        tenant {id} not null, schedule_id {id} not null, resource_id {id} not null, run_id {id} not null, scheduled_fire_at {long} not null,
        actual_fire_at {long} not null, outcome text not null, error text, kind text not null,
        primary key (tenant, schedule_id, resource_id, run_id))`,
      `create index {i}schedule_triggers_at on {t}schedule_triggers (tenant, schedule_id, resource_id, actual_fire_at)`,
    ],
  },
  {
    version: 12,
    name: "what a call with an idempotency key has begun",
    statements: [`alter table {t}idempotency add column run_id {id}`],
  },
  {
    version: 13,
    name: "schedules of agents",
    statements: [`alter table {t}schedules add column agent_id {id}`],
  },
];

/** The version that this code needs. */
export const SCHEMA_VERSION = Math.max(...MIGRATIONS.map(({ version }) => version));

export const TABLES = [
  "threads",
  "messages",
  "resources",
  "suspensions",
  "runs",
  "run_journal",
  "run_events",
  "workers",
  "idempotency",
  "leases",
  "limits",
  "limit_places",
  "api_keys",
  "schedules",
  "schedule_triggers",
] as const;
