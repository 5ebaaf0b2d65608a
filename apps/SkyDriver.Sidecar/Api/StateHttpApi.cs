using System.Text.Json;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Api;

/// <summary>State over HTTP.</summary>
internal static class StateHttpApi
{
    private static readonly string[] Writes = ["POST", "PUT"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/state/{store}/{**key}", (RequestDelegate)GetAsync);
        routes.MapDelete("/v1.0/state/{store}/{**key}", (RequestDelegate)DeleteAsync);
        routes.MapMethods("/v1.0/state/{store}", Writes, (RequestDelegate)SaveAsync);
        routes.MapMethods("/v1.0/state/{store}/bulk", Writes, (RequestDelegate)GetBulkAsync);
        routes.MapMethods("/v1.0/state/{store}/transaction", Writes, (RequestDelegate)TransactAsync);
    }

    private static async Task GetAsync(HttpContext context)
    {
        StateComponent state = State(context);
        StateJson.CheckConsistency(Option(context, "consistency"));
        if (await StateOperations.GetAsync(state, context.Route("key"), context.RequestAborted) is not { } record)
        {
            await context.WriteNothing();
            return;
        }

        context.Response.Headers.ETag = record.ETag;
        if (record.ExpiresAt is { } end) context.Response.Headers["metadata.ttlExpireTime"] = StateOperations.Time(end);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = record.Value.Length;
        await context.Response.Body.WriteAsync(record.Value, context.RequestAborted);
    }

    private static async Task DeleteAsync(HttpContext context)
    {
        StateComponent state = State(context);
        StateJson.CheckConsistency(Option(context, "consistency"));
        StateJson.IsFirstWrite(Option(context, "concurrency"));
        StateOperation delete = new(StateOperationKind.Delete, state.StoredKey(context.Route("key")), [], context.Request.Headers.IfMatch.ToString());
        await StateOperations.ApplyEachAsync(state, [delete], context.RequestAborted);
        await context.WriteNothing();
    }

    private static async Task SaveAsync(HttpContext context)
    {
        StateComponent state = State(context);
        using JsonDocument body = await context.ReadJsonAsync();
        await StateOperations.ApplyEachAsync(state, StateJson.Items(body.RootElement, state, context.Metadata()), context.RequestAborted);
        await context.WriteNothing();
    }

    private static async Task GetBulkAsync(HttpContext context)
    {
        StateComponent state = State(context);
        using JsonDocument body = await context.ReadJsonAsync();
        string[] keys = StateJson.Keys(body.RootElement);
        IReadOnlyList<StateRecord?> found = await StateOperations.GetManyAsync(state, keys, context.RequestAborted);
        await context.WriteJsonAsync(writer =>
        {
            writer.WriteStartArray();
            for (int i = 0; i < keys.Length; i++) StateJson.WriteItem(writer, keys[i], found[i]);
            writer.WriteEndArray();
        });
    }

    private static async Task TransactAsync(HttpContext context)
    {
        StateComponent state = State(context).Transactional();
        using JsonDocument body = await context.ReadJsonAsync();
        await StateOperations.ApplyAllAsync(state, StateJson.Transaction(body.RootElement, state), context.RequestAborted);
        await context.WriteNothing();
    }

    private static string? Option(HttpContext context, string name) => context.Request.Query[name];

    private static StateComponent State(HttpContext context) => context.Sidecar().StateStore(context.Route("store"));
}
