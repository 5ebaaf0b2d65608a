using System.Net;
using System.Text;
using System.Text.Json;
using Dapr.Workflow;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Conformance.Tests.Workflows;

/// <summary>Workflow management for operators, over HTTP and over the Dapr service.</summary>
public sealed class ManagementApiTests
{
    [Fact]
    public async Task Http_StartRaiseGetPurge_FollowTheContract()
    {
        await using var dapr = await StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(dapr.Http, "/v1.0/workflows/dapr/") };

        var started = await http.PostAsync("echo/start?instanceID=one", new StringContent("\"in\"", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        Assert.Equal("""{"instanceID":"one"}""", await started.Content.ReadAsStringAsync());
        Assert.Contains("ERR_START_WORKFLOW", await (await http.PostAsync("echo/start?instanceID=one", null)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, (await http.PostAsync("one/raiseEvent/go", new StringContent("\"out\""))).StatusCode);
        JsonElement state;
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while ((state = JsonDocument.Parse(await http.GetStringAsync("one")).RootElement).GetProperty("runtimeStatus").GetString() != "COMPLETED")
        {
            Assert.True(DateTime.UtcNow < deadline, $"still {state}");
            await Task.Delay(5);
        }

        Assert.Equal("echo", state.GetProperty("workflowName").GetString());
        Assert.Equal("\"in\"", state.GetProperty("properties").GetProperty("dapr.workflow.input").GetString());
        Assert.Equal("\"out\"", state.GetProperty("properties").GetProperty("dapr.workflow.output").GetString());
        Assert.Equal(HttpStatusCode.Accepted, (await http.PostAsync("one/purge", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("one")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.PostAsync("one/purge", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.PostAsync("one/terminate", null)).StatusCode);
        Assert.Equal(HttpStatusCode.InternalServerError, (await http.PostAsync("one/pause", null)).StatusCode);
    }

    [Theory]
    [InlineData("has%20space")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123x")]
    public async Task Http_BadInstanceId_Is400(string id)
    {
        await using var dapr = await StartAsync();
        using var http = new HttpClient();
        var answer = await http.PostAsync(new Uri(dapr.Http, $"/v1.0-beta1/workflows/dapr/echo/start?instanceID={id}"), null);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Grpc_StartPauseResumeTerminate_FollowTheContract()
    {
        await using var dapr = await StartAsync();
        using var grpc = new GrpcConnection(dapr.GrpcAddress);
        await CallAsync("Start", new StartWorkflowRequest { InstanceId = "one", WorkflowName = "echo", WorkflowComponent = "dapr" });
        await CallAsync("Pause", new PauseWorkflowRequest { InstanceId = "one" });
        Assert.Equal("SUSPENDED", (await GetAsync()).RuntimeStatus);
        await CallAsync("Resume", new ResumeWorkflowRequest { InstanceId = "one" });
        await CallAsync("Terminate", new TerminateWorkflowRequest { InstanceId = "one" });
        Assert.Equal("TERMINATED", (await GetAsync()).RuntimeStatus);
        await CallAsync("Purge", new PurgeWorkflowRequest { InstanceId = "one" });
        var fault = await Assert.ThrowsAsync<RpcException>(GetAsync);
        Assert.Equal(StatusCode.NotFound, fault.StatusCode);

        Task CallAsync(string verb, Google.Protobuf.IMessage request) =>
            grpc.UnaryAsync($"/dapr.proto.runtime.v1.Dapr/{verb}WorkflowBeta1", request, StartWorkflowResponse.Parser);
        Task<GetWorkflowResponse> GetAsync() =>
            grpc.UnaryAsync("/dapr.proto.runtime.v1.Dapr/GetWorkflowBeta1", new GetWorkflowRequest { InstanceId = "one" }, GetWorkflowResponse.Parser);
    }

    private static Task<EmbeddedDapr> StartAsync() => EmbeddedDapr.StartAsync(
        new InMemoryStateStore(TimeProvider.System),
        services => WorkflowServiceCollectionExtensions.AddDaprWorkflow(
            services, options => options.RegisterWorkflow<string, string>("echo", (context, _) => context.WaitForExternalEventAsync<string>("go"))));
}
