using System.Text;
using Grpc.Core;
using SkyDriver.Grpc.Protos.TaskHub;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Workflows;

/// <summary>The workflow management routes; the component segment is always <c>dapr</c>.</summary>
internal static class WorkflowHttp
{
    public static void Map(IEndpointRouteBuilder routes, Func<HttpContext, WorkflowEngine> find)
    {
        foreach (string version in (string[])["v1.0", "v1.0-beta1", "v1.0-alpha1"])
        {
            string root = $"/{version}/workflows/dapr";
            Post(root + "/{name}/start", c => StartAsync(c, find(c)));
            routes.MapGet(root + "/{id}", c => GetAsync(c, find(c)));
            Post(root + "/{id}/terminate", c => ChangeAsync(c, "ERR_TERMINATE_WORKFLOW", mustExist: true, id => find(c).TerminateAsync(new TerminateRequest { InstanceId = id, Recursive = true })));
            Post(root + "/{id}/pause", c => ChangeAsync(c, "ERR_PAUSE_WORKFLOW", mustExist: false, id => find(c).SuspendAsync(id, null, suspend: true)));
            Post(root + "/{id}/resume", c => ChangeAsync(c, "ERR_RESUME_WORKFLOW", mustExist: false, id => find(c).SuspendAsync(id, null, suspend: false)));
            Post(root + "/{id}/purge", c => PurgeAsync(c, find(c)));
            Post(root + "/{id}/raiseEvent/{eventName}", c => RaiseAsync(c, find(c)));
        }

        void Post(string route, RequestDelegate handler) => routes.MapMethods(route, ["POST", "PUT"], handler);
    }

    private static async Task StartAsync(HttpContext context, WorkflowEngine engine)
    {
        string? input = await BodyAsync(context);
        var request = WorkflowManagement.StartRequest(Value(context, "name"), context.Request.Query["instanceID"], input, context.Request.Query["dapr.workflow.start_time"]);
        string id = await WorkflowManagement.AsAsync("ERR_START_WORKFLOW", () => engine.StartAsync(request, context.RequestAborted));
        await Results.Json(new Dictionary<string, string> { ["instanceID"] = id }, statusCode: StatusCodes.Status202Accepted).ExecuteAsync(context);
    }

    private static async Task GetAsync(HttpContext context, WorkflowEngine engine)
    {
        string id = Value(context, "id");
        var state = await WorkflowManagement.AsAsync("ERR_GET_WORKFLOW", () => engine.GetAsync(id, withPayloads: true, context.RequestAborted)) ?? throw WorkflowManagement.NotFound(id);
        await Results.Json(new Dictionary<string, object>
        {
            ["instanceID"] = id,
            ["workflowName"] = state.Name,
            ["createdAt"] = state.CreatedTimestamp.ToDateTime(),
            ["lastUpdatedAt"] = state.LastUpdatedTimestamp.ToDateTime(),
            ["runtimeStatus"] = WorkflowManagement.StatusText(state.Status),
            ["properties"] = WorkflowManagement.Properties(state),
        }).ExecuteAsync(context);
    }

    private static Task PurgeAsync(HttpContext context, WorkflowEngine engine) => ChangeAsync(context, "ERR_PURGE_WORKFLOW", mustExist: true, async id =>
    {
        if (await engine.PurgeAsync(id, recursive: true, force: false, context.RequestAborted) == 0) throw WorkflowManagement.NotFound(id);
    });

    private static async Task RaiseAsync(HttpContext context, WorkflowEngine engine)
    {
        var raised = new EventRaisedEvent { Name = Value(context, "eventName"), Input = await BodyAsync(context) };
        await ChangeAsync(context, "ERR_RAISE_EVENT_WORKFLOW", mustExist: false, id => engine.RaiseEventAsync(id, raised, context.RequestAborted));
    }

    private static async Task ChangeAsync(HttpContext context, string errorCode, bool mustExist, Func<string, Task> change)
    {
        string id = Value(context, "id");
        try
        {
            await WorkflowManagement.AsAsync(errorCode, () => change(id));
        }
        catch (DaprFault fault) when (mustExist && fault.StatusCode == StatusCode.NotFound)
        {
            throw WorkflowManagement.NotFound(id);
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static async Task<string?> BodyAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        string text = await reader.ReadToEndAsync(context.RequestAborted);
        return text.Length > 0 ? text : null;
    }

    private static string Value(HttpContext context, string name) => (string?)context.Request.RouteValues[name] ?? "";
}
