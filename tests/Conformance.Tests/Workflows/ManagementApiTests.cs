using System.Net;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Runtime;

namespace SkyDriver.Conformance.Tests.Workflows;

/// <summary>Workflow management for operators, over HTTP and over the Dapr service.</summary>
public sealed class ManagementApiTests(DaprTarget target) : Suite(target)
{
    [Theory]
    [InlineData("v1.0")]
    [InlineData("v1.0-beta1")]
    [InlineData("v1.0-alpha1")]
    public async Task Http_StartRaiseGetPurge_FollowTheContract(string version)
    {
        string root = $"/{version}/workflows/dapr";
        using (var started = await Target.Http.PostAsync($"{root}/echo/start?instanceID={Token}", Json("\"in\"")))
        {
            Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
            Assert.Equal($$"""{"instanceID":"{{Token}}"}""", await started.Content.ReadAsStringAsync());
        }

        await RefusedAsync($"{root}/echo/start?instanceID={Token}", HttpStatusCode.InternalServerError, "ERR_START_WORKFLOW");
        await AcceptedAsync($"{root}/{Token}/raiseEvent/go", "\"out\"");
        var state = await EndAsync(root);
        Assert.Equal("echo", state.GetProperty("workflowName").GetString());
        Assert.Equal(Token, state.GetProperty("instanceID").GetString());
        Assert.Equal("\"in\"", state.GetProperty("properties").GetProperty("dapr.workflow.input").GetString());
        Assert.Equal("\"out\"", state.GetProperty("properties").GetProperty("dapr.workflow.output").GetString());
        await AcceptedAsync($"{root}/{Token}/purge");
        Assert.Equal(HttpStatusCode.NotFound, (await Target.Http.GetAsync($"{root}/{Token}")).StatusCode);
    }

    [Fact]
    public async Task Http_UnknownInstance_HasTheCodeOfEachStep()
    {
        string root = $"/v1.0/workflows/dapr/{Token}";
        await RefusedAsync($"{root}/purge", HttpStatusCode.NotFound, "ERR_INSTANCE_ID_NOT_FOUND");
        await RefusedAsync($"{root}/terminate", HttpStatusCode.NotFound, "ERR_INSTANCE_ID_NOT_FOUND");
        await RefusedAsync($"{root}/pause", HttpStatusCode.InternalServerError, "ERR_PAUSE_WORKFLOW");
        await RefusedAsync($"{root}/resume", HttpStatusCode.InternalServerError, "ERR_RESUME_WORKFLOW");
        await RefusedAsync($"{root}/raiseEvent/go", HttpStatusCode.InternalServerError, "ERR_RAISE_EVENT_WORKFLOW");
    }

    [Fact]
    public async Task Http_NoInstanceId_GetsOne()
    {
        using var started = await Target.Http.PostAsync("/v1.0/workflows/dapr/doubles/start", Json("4"));
        using var body = JsonDocument.Parse(await started.Content.ReadAsStringAsync());
        Assert.NotEqual("", body.RootElement.GetProperty("instanceID").GetString());
    }

    [Theory]
    [InlineData("has%20space")]
    [InlineData("has.dot")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123x")]
    public async Task Http_BadInstanceId_IsABadRequest(string id)
    {
        using var answer = await Target.Http.PostAsync($"/v1.0/workflows/dapr/echo/start?instanceID={id}", null);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Http_PauseResumeTerminate_ChangeTheStatus()
    {
        string root = "/v1.0/workflows/dapr";
        await AcceptedAsync($"{root}/echo/start?instanceID={Token}");
        await AcceptedAsync($"{root}/{Token}/pause");
        await Until.HoldsAsync(async () => await StatusAsync() == "SUSPENDED", "the workflow is suspended");
        await RefusedAsync($"{root}/{Token}/purge", HttpStatusCode.InternalServerError, "ERR_PURGE_WORKFLOW");
        await AcceptedAsync($"{root}/{Token}/resume");
        await Until.HoldsAsync(async () => await StatusAsync() == "RUNNING", "the workflow runs");
        await AcceptedAsync($"{root}/{Token}/terminate");
        await Until.HoldsAsync(async () => await StatusAsync() == "TERMINATED", "the workflow has ended");

        async Task<string?> StatusAsync()
        {
            using var body = JsonDocument.Parse(await Target.Http.GetStringAsync($"{root}/{Token}"));
            return body.RootElement.GetProperty("runtimeStatus").GetString();
        }
    }

    [Theory]
    [InlineData("Beta1")]
    [InlineData("Alpha1")]
    public async Task Grpc_StartPauseResumeTerminate_FollowTheContract(string stage)
    {
        if (stage == "Alpha1") Target.EmbeddedOnly("the first names of these methods are gone from newer runtimes");
        var started = await CallAsync("Start", new StartWorkflowRequest { InstanceId = Token, WorkflowName = "echo", WorkflowComponent = "dapr" }, StartWorkflowResponse.Parser);
        Assert.Equal(Token, started.InstanceId);
        await DoAsync("Pause", new PauseWorkflowRequest { InstanceId = Token, WorkflowComponent = "dapr" });
        await HasStatusAsync("SUSPENDED");
        await DoAsync("Resume", new ResumeWorkflowRequest { InstanceId = Token, WorkflowComponent = "dapr" });
        await HasStatusAsync("RUNNING");
        await DoAsync("Terminate", new TerminateWorkflowRequest { InstanceId = Token, WorkflowComponent = "dapr" });
        await HasStatusAsync("TERMINATED");
        await DoAsync("Purge", new PurgeWorkflowRequest { InstanceId = Token, WorkflowComponent = "dapr" });
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(GetAsync)).StatusCode);

        Task<TResponse> CallAsync<TResponse>(string verb, IMessage request, MessageParser<TResponse> parser)
            where TResponse : class, IMessage<TResponse> => Target.Grpc.CallAsync($"{verb}Workflow{stage}", request, parser);
        Task DoAsync(string verb, IMessage request) => CallAsync(verb, request, Google.Protobuf.WellKnownTypes.Empty.Parser);
        Task<GetWorkflowResponse> GetAsync() => CallAsync("Get", new GetWorkflowRequest { InstanceId = Token, WorkflowComponent = "dapr" }, GetWorkflowResponse.Parser);
        Task HasStatusAsync(string status) => Until.HoldsAsync(async () => (await GetAsync()).RuntimeStatus == status, $"the workflow is {status}");
    }

    [Fact]
    public async Task AppId_OfAnAppThatIsNotHere_IsRefusedAtOnce()
    {
        Target.EmbeddedOnly("daprd may wait for the app instead");
        await RefusedAsync($"/v1.0/workflows/dapr/echo/start?instanceID={Token}&appID=nobody", HttpStatusCode.InternalServerError, "ERR_START_WORKFLOW");
    }

    private async Task<JsonElement> EndAsync(string root)
    {
        JsonElement state = default;
        await Until.HoldsAsync(async () =>
        {
            using var body = JsonDocument.Parse(await Target.Http.GetStringAsync($"{root}/{Token}"));
            state = body.RootElement.Clone();
            return state.GetProperty("runtimeStatus").GetString() == "COMPLETED";
        }, "the workflow completes");
        return state;
    }

    private async Task AcceptedAsync(string path, string? body = null)
    {
        using var answer = await Target.Http.PostAsync(path, body is null ? null : Json(body));
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    private async Task RefusedAsync(string path, HttpStatusCode status, string errorCode)
    {
        using var answer = await Target.Http.PostAsync(path, null);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal((status, errorCode), (answer.StatusCode, body.RootElement.GetProperty("errorCode").GetString()));
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
