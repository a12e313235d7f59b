# ruff: noqa: E501  (sentences and code that someone might have written)
"""Infrastructure as code: Terraform and Kubernetes."""

from cca.demo.stories.model import Project, Story

BUCKET = Story(
    title="Lock down the public artifact bucket",
    later_title="Serve artifacts through the CDN only",
    prompt="The security scan says the artifacts bucket is world readable. Make it private, but CI must still push to it.",
    follow_ups=(
        "Show me the plan, don't apply.",
        "Is anything outside CI reading from it? Check the access logs of last week.",
        "Also block public ACLs for the whole account.",
    ),
    path="modules/artifacts/main.tf",
    before="""resource "aws_s3_bucket_acl" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id
  acl    = "public-read"
}""",
    after="""resource "aws_s3_bucket_public_access_block" "artifacts" {
  bucket                  = aws_s3_bucket.artifacts.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "artifacts" {
  bucket = aws_s3_bucket.artifacts.id
  policy = data.aws_iam_policy_document.ci_push.json
}""",
    test_path="modules/artifacts/private.tftest.hcl",
    test_code="""run "bucket_is_private" {
  command = plan

  assert {
    condition     = aws_s3_bucket_public_access_block.artifacts.restrict_public_buckets
    error_message = "the artifacts bucket must not be public"
  }
}""",
    finding="The ACL is `public-read` since the first commit; the CI role already has its own push policy, so nothing needs the ACL.",
    outcome="The bucket is private, CI pushes through its role, and the plan shows 2 to add, 0 to change, 1 to destroy.",
)

AUTOSCALE = Story(
    title="Scale the API on queue depth instead of CPU",
    later_title="Tune scale-down of the API",
    prompt="The API scales on CPU but our load is IO bound. Scale on queue depth with KEDA, min 3 max 40.",
    follow_ups=(
        "Why did it go to 40 at once in staging?",
        "Set a scale-down stabilisation of ten minutes.",
        "Can we test this without a cluster?",
    ),
    path="clusters/prod/api/autoscale.tf",
    before="""resource "kubernetes_horizontal_pod_autoscaler_v2" "api" {
  spec {
    min_replicas = 3
    max_replicas = 12
  }
}""",
    after="""resource "kubernetes_manifest" "api_scaler" {
  manifest = {
    apiVersion = "keda.sh/v1alpha1"
    kind       = "ScaledObject"
    metadata   = { name = "api", namespace = var.namespace }
    spec = {
      minReplicaCount = 3
      maxReplicaCount = 40
      cooldownPeriod  = 600
      triggers = [{
        type     = "rabbitmq"
        metadata = { queueName = "jobs", mode = "QueueLength", value = "50" }
      }]
    }
  }
}""",
    test_path="clusters/prod/api/autoscale.tftest.hcl",
    test_code="""run "scales_on_the_queue" {
  command = plan

  assert {
    condition     = kubernetes_manifest.api_scaler.manifest.spec.maxReplicaCount == 40
    error_message = "the API may grow to 40 replicas"
  }
}""",
    finding="CPU never passes 35 % while the queue grows to 9,000: the pods wait for S3, so the autoscaler sees nothing.",
    outcome="KEDA scales on 50 jobs per replica; the staging load test drains in 4 minutes instead of 31.",
)

DRIFT = Story(
    title="Explain the nightly drift in the VPC module",
    later_title="Import the hand-made route tables",
    prompt="The nightly plan shows drift in modules/vpc every day although nobody touches it. What changes it?",
    follow_ups=(
        "So who adds the tag? Find the lambda.",
        "Ignore just that tag, not all of them.",
        "Import the two hand-made route tables while you are here.",
    ),
    path="modules/vpc/main.tf",
    before="""resource "aws_vpc" "main" {
  cidr_block = var.cidr
  tags       = local.tags
}""",
    after="""resource "aws_vpc" "main" {
  cidr_block = var.cidr
  tags       = local.tags

  lifecycle {
    # The cost allocator writes this tag every night.
    ignore_changes = [tags["cost:allocated_at"]]
  }
}""",
    test_path="modules/vpc/tags.tftest.hcl",
    test_code="""run "own_tags_still_count" {
  command = plan

  assert {
    condition     = aws_vpc.main.tags["team"] == "platform"
    error_message = "our own tags must stay managed"
  }
}""",
    finding="CloudTrail shows `CreateTags` by the `cost-allocator` role at 02:10 each night: it stamps `cost:allocated_at`.",
    outcome="Only that tag is ignored; two consecutive nightly plans are empty.",
)

CERTS = Story(
    title="Rotate the internal CA before it expires",
    later_title="Alert 30 days before certificates expire",
    prompt="Our internal CA expires in six weeks. Plan the rotation with cert-manager so that old and new are trusted for a while.",
    follow_ups=(
        "Write the steps as a runbook with rollback.",
        "Which workloads pin the old root? grep for it.",
        "Add the expiry alert.",
    ),
    path="clusters/base/trust/bundle.tf",
    before="""locals {
  trusted_roots = [file("${path.module}/ca-2024.pem")]
}""",
    after="""locals {
  # Both until every workload has restarted; drop 2024 after the runbook's last step.
  trusted_roots = [
    file("${path.module}/ca-2024.pem"),
    file("${path.module}/ca-2026.pem"),
  ]
}""",
    test_path="clusters/base/trust/bundle.tftest.hcl",
    test_code="""run "both_roots_are_trusted" {
  command = plan

  assert {
    condition     = length(local.trusted_roots) == 2
    error_message = "old and new root must overlap"
  }
}""",
    finding="Three workloads mount their own copy of the 2024 root; all others take it from the trust bundle.",
    outcome="Both roots are in the bundle, the three pinned workloads use it too, and the runbook has five steps with a rollback each.",
)

COST = Story(
    title="Find what made the bill rise in October",
    later_title="Move log archives to cheaper storage",
    prompt="The bill is up 18 % in October. Break it down and tell me the three biggest causes.",
    follow_ups=(
        "NAT traffic again? Which service is it?",
        "Add the gateway endpoint for S3.",
        "Put the numbers into docs/cost.md.",
    ),
    path="modules/vpc/endpoints.tf",
    before="""# Endpoints for private subnets.""",
    after="""# Endpoints for private subnets.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = aws_route_table.private[*].id
}""",
    test_path="modules/vpc/endpoints.tftest.hcl",
    test_code="""run "s3_does_not_leave_through_nat" {
  command = plan

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    error_message = "S3 traffic must use the gateway endpoint"
  }
}""",
    finding="NAT data processing rose from 2.1 to 11.4 TB: the new log shipper sends to S3 through the NAT gateway.",
    outcome="A gateway endpoint takes S3 traffic off the NAT, worth about $430 a month; the other two causes are in `docs/cost.md`.",
)

PROJECT = Project(
    cwd="/home/mara/work/infra-live",
    language="hcl",
    branches=("main", "sec/private-buckets", "OPS-98-keda"),
    test_command="terraform test",
    files=(
        "clusters/prod/main.tf", "clusters/prod/variables.tf", "modules/vpc/outputs.tf",
        "modules/artifacts/iam.tf", "scripts/plan-all.sh", "docs/runbook.md", ".github/workflows/plan.yml",
    ),
    nouns=("cluster", "bucket", "subnet", "role", "node_group", "endpoint", "secret", "queue"),
    search_queries=("keda rabbitmq scaler QueueLength cooldown", "terraform ignore_changes single tag"),
    mcp_tool="mcp__kubernetes__get_pods",
    stories=(BUCKET, AUTOSCALE, DRIFT, CERTS, COST),
)  # fmt: skip
