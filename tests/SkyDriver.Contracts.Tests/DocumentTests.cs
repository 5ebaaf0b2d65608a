using System.Text.Json;
using System.Text.Json.Nodes;

namespace SkyDriver.Contracts.Tests;

public class DocumentTests
{
    /// <summary>The Dapr SDK's own options, under which state and workflow payloads travel.</summary>
    private static readonly JsonSerializerOptions DaprOptions = new(JsonSerializerDefaults.Web);

    [Fact]
    public void ScanManifest_NothingSet_WritesEveryMember()
    {
        string[] expected =
        [
            "scan_id", "timestamp", "last_updated", "is_deleted", "complete", "priority", "classifiers", "i3_event_id",
            "event_i3live_json_dict", "event_i3live_json_dict__hash", "scanner_server_args", "tms_args", "env_vars",
            "condor_clusters", "ewms_task", "ewms_workflow_id", "ewms_address", "event_metadata", "scan_metadata", "progress",
            "replaced_by_scan_id",
        ];
        JsonObject written = JsonSerializer.SerializeToNode(new ScanManifest { ScanId = "a" }, ContractJson.Options)!.AsObject();
        Assert.Equal(expected.Order(), written.Select(m => m.Key).Except(["lifecycle"]).Order());
        Assert.Null(written["progress"]);
        Assert.Equal("use 'ewms_workflow_id'", (string?)written["ewms_task"]);
    }

    [Theory]
    [InlineData("manifest.json", typeof(ScanManifest))]
    [InlineData("request.v1.json", typeof(ScanRequestV1))]
    [InlineData("scan-event.v1.json", typeof(ScanEventV1))]
    [InlineData("result.json", typeof(ScanResultDocument))]
    [InlineData("result-index.v1.json", typeof(ResultIndexV1))]
    [InlineData("scans-of-event.v1.json", typeof(ScansOfEventV1))]
    [InlineData("deploy-workers.v1.json", typeof(DeployWorkersV1))]
    [InlineData("worker-list.v1.json", typeof(WorkerListV1))]
    public void Document_SampleReadAndWritten_KeepsEveryMember(string sample, Type type)
    {
        string text = File.ReadAllText(Path.Combine(TestPaths.Repository, "tests", "SkyDriver.Contracts.Tests", "Samples", sample));
        foreach (JsonSerializerOptions options in (JsonSerializerOptions[])[ContractJson.Options, DaprOptions])
        {
            object value = JsonSerializer.Deserialize(text, type, options)!;
            Assert.Equal(JsonNode.Parse(text)!.ToJsonString(), JsonSerializer.SerializeToNode(value, type, options)!.ToJsonString());
        }
    }

    [Fact]
    public void ScanManifest_UnknownMember_IsCarriedAlong()
    {
        ScanManifest manifest = JsonSerializer.Deserialize<ScanManifest>("""{"scan_id":"a","added_later":{"x":[1]}}""", ContractJson.Options)!;
        JsonNode written = JsonSerializer.SerializeToNode(manifest with { Priority = 5 }, ContractJson.Options)!;
        Assert.Equal("""{"x":[1]}""", written["added_later"]!.ToJsonString());
    }

    [Fact]
    public void ScanRequestV1_Nsides_KeepTheirOrder()
    {
        ScanRequestV1 request = JsonSerializer.Deserialize<ScanRequestV1>(
            """{"scan_id":"a","docker_tag":"t","reco_algo":"dummy","nsides":{"64":12,"8":0,"512":24},"real_or_simulated_event":"sim","request_clusters":[["b",2],["a",1],["b",3]],"i3_event_id":"e"}""",
            ContractJson.Options)!;
        Assert.Equal(["64", "8", "512"], request.Nsides.Keys);
        Assert.Equal([new("b", 2), new("a", 1), new("b", 3)], request.RequestClusters);
        Assert.False(request.IsRealEvent);
    }

    [Theory]
    [InlineData("""["a"]""")]
    [InlineData("""["a", 1, 2]""")]
    [InlineData("""["a", -1]""")]
    [InlineData("""["a", 1.5]""")]
    [InlineData("""[1, "a"]""")]
    [InlineData("""{"a": 1}""")]
    [InlineData("""["a", 99999999999]""")]
    public void ClusterRequestV1_Malformed_IsRefused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ClusterRequestV1>(json, ContractJson.Options));
}
