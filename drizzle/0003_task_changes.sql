DROP TRIGGER tasks_touch ON tasks;
--> statement-breakpoint
DROP FUNCTION touch_version();
--> statement-breakpoint
CREATE TABLE "task_feeds" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"forgotten_seq" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "task_feeds_seq_positive" CHECK ("task_feeds"."seq" >= 1),
	CONSTRAINT "task_feeds_forgotten" CHECK ("task_feeds"."forgotten_seq" between 0 and "task_feeds"."seq")
);
--> statement-breakpoint
CREATE TABLE "task_tombstones" (
	"user_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"purged_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "task_tombstones_pkey" PRIMARY KEY("user_id","id")
);
--> statement-breakpoint
DROP INDEX "tasks_due_date_asc_idx";--> statement-breakpoint
DROP INDEX "tasks_due_date_desc_idx";--> statement-breakpoint
DROP INDEX "tasks_priority_asc_idx";--> statement-breakpoint
DROP INDEX "tasks_priority_desc_idx";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "words" "tsvector" DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE FUNCTION task_words(title text, description text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
  -- Of what looks like HTML the words would be left out.
  SELECT setweight(to_tsvector('simple', translate(title, '<', ' ')), 'A')
    || setweight(to_tsvector('simple', translate(coalesce(description, ''), '<', ' ')), 'B')
$$;
--> statement-breakpoint
UPDATE tasks SET seq = numbered.seq, words = task_words(title, description)
  FROM (SELECT user_id, id, row_number() OVER (PARTITION BY user_id ORDER BY updated_at, id) AS seq FROM tasks) numbered
  WHERE tasks.user_id = numbered.user_id AND tasks.id = numbered.id;
--> statement-breakpoint
INSERT INTO task_feeds (user_id, seq) SELECT user_id, max(seq) FROM tasks GROUP BY user_id;
--> statement-breakpoint
CREATE FUNCTION record_task_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO task_feeds AS feed (user_id, seq) VALUES (NEW.user_id, 1)
    ON CONFLICT (user_id) DO UPDATE SET seq = feed.seq + 1 RETURNING seq INTO NEW.seq;
  IF TG_OP = 'INSERT' THEN
    DELETE FROM task_tombstones WHERE user_id = NEW.user_id AND id = NEW.id;
    NEW.words := task_words(NEW.title, NEW.description);
  ELSE
    NEW.version := OLD.version + 1;
    NEW.updated_at := greatest(now(), OLD.updated_at);
    IF NEW.title IS DISTINCT FROM OLD.title OR NEW.description IS DISTINCT FROM OLD.description THEN
      NEW.words := task_words(NEW.title, NEW.description);
    ELSE
      NEW.words := OLD.words;
    END IF;
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER tasks_created BEFORE INSERT ON tasks
  FOR EACH ROW EXECUTE FUNCTION record_task_change();
--> statement-breakpoint
CREATE TRIGGER tasks_changed BEFORE UPDATE ON tasks
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION record_task_change();
--> statement-breakpoint
ALTER TABLE "task_feeds" ADD CONSTRAINT "task_feeds_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_tombstones" ADD CONSTRAINT "task_tombstones_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "task_tombstones_seq_idx" ON "task_tombstones" USING btree ("user_id","seq");--> statement-breakpoint
CREATE INDEX "task_tombstones_purged_at_idx" ON "task_tombstones" USING btree ("purged_at");--> statement-breakpoint
CREATE INDEX "tasks_words_idx" ON "tasks" USING gin ((array_to_tsvector(array["user_id"::text]) || "words"));--> statement-breakpoint
CREATE INDEX "tasks_seq_idx" ON "tasks" USING btree ("user_id","seq");--> statement-breakpoint
CREATE INDEX "tasks_deleted_at_idx" ON "tasks" USING btree ("user_id","deleted_at") WHERE "tasks"."deleted_at" is not null;--> statement-breakpoint
CREATE INDEX "tasks_id_idx" ON "tasks" USING btree ("id");--> statement-breakpoint
CREATE INDEX "tasks_due_date_asc_idx" ON "tasks" USING btree ("user_id",(coalesce("due_date", 'infinity'::date)),"id") WHERE "tasks"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "tasks_due_date_desc_idx" ON "tasks" USING btree ("user_id",(coalesce("due_date", '-infinity'::date)),"id") WHERE "tasks"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "tasks_priority_asc_idx" ON "tasks" USING btree ("user_id",(case "priority" when 'low' then 1 when 'medium' then 2 when 'high' then 3 when 'urgent' then 4 else 5 end),"id") WHERE "tasks"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "tasks_priority_desc_idx" ON "tasks" USING btree ("user_id",(case "priority" when 'low' then 1 when 'medium' then 2 when 'high' then 3 when 'urgent' then 4 else 0 end),"id") WHERE "tasks"."deleted_at" is null;