"""The first tables: users and whom they follow, posts, videos, locks, view batches, the journal of jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables and their indexes."""

    op.create_table(
        "locks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("locks_pkey")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("bio", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("users_pkey")),
        sa.UniqueConstraint("username", name=op.f("users_username_key")),
    )
    op.create_table(
        "view_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("view_batches_pkey")),
    )
    op.create_index("view_batches_applied", "view_batches", ["applied_at"], unique=False)
    op.create_table(
        "follows",
        sa.Column("follower_id", sa.BigInteger(), nullable=False),
        sa.Column("followed_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("follower_id <> followed_id", name=op.f("follows_not_oneself_check")),
        sa.ForeignKeyConstraint(["followed_id"], ["users.id"], name=op.f("follows_followed_id_fkey")),
        sa.ForeignKeyConstraint(["follower_id"], ["users.id"], name=op.f("follows_follower_id_fkey")),
        sa.PrimaryKeyConstraint("follower_id", "followed_id", name=op.f("follows_pkey")),
    )
    op.create_index("follows_followed", "follows", ["followed_id"], unique=False)
    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("posts_author_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("posts_pkey")),
    )
    op.create_index(
        "posts_feed",
        "posts",
        ["author_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "videos",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("views", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('queued', 'processing', 'completed', 'failed')", name=op.f("videos_status_check")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("videos_owner_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("videos_pkey")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "videos_newest",
        "videos",
        [sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "processing_journal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("video_id", sa.BigInteger(), nullable=False),
        sa.Column("job", sa.Uuid(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=True),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "entry IN ('ask', 'enter', 'write', 'refused_write', 'leave')",
            name=op.f("processing_journal_entry_check"),
        ),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name=op.f("processing_journal_video_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("processing_journal_pkey")),
    )


def downgrade() -> None:
    """Drop them, with everything in them."""

    op.drop_table("processing_journal")
    op.drop_index("videos_newest", table_name="videos")
    op.drop_table("videos")
    op.drop_index("posts_feed", table_name="posts")
    op.drop_table("posts")
    op.drop_index("follows_followed", table_name="follows")
    op.drop_table("follows")
    op.drop_index("view_batches_applied", table_name="view_batches")
    op.drop_table("view_batches")
    op.drop_table("users")
    op.drop_table("locks")
