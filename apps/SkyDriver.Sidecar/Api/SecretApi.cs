using System.Text.Json;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Secrets;

namespace SkyDriver.Sidecar.Api;

/// <summary>Secrets, as far as the configuration lets the app read them.</summary>
internal static class SecretApi
{
    public static void MapHttp(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/secrets/{store}/bulk", (RequestDelegate)GetAllAsync);
        routes.MapGet("/v1.0/secrets/{store}/{**key}", (RequestDelegate)GetAsync);
    }

    public static void MapGrpc(IEndpointRouteBuilder routes)
    {
        routes.MapDapr("GetSecret", GetSecretRequest.Parser, async (request, sidecar, ct) =>
        {
            GetSecretResponse response = new();
            foreach ((string name, string value) in await GetAsync(sidecar, request.StoreName, request.Key, request.Metadata, ct)) response.Data[name] = value;
            return response;
        });
        routes.MapDapr("GetBulkSecret", GetBulkSecretRequest.Parser, async (request, sidecar, ct) =>
        {
            GetBulkSecretResponse response = new();
            foreach ((string name, IReadOnlyDictionary<string, string> values) in await GetAllAsync(sidecar, request.StoreName, request.Metadata, ct))
            {
                response.Data[name] = new SecretResponse();
                foreach ((string key, string value) in values) response.Data[name].Secrets[key] = value;
            }

            return response;
        });
    }

    private static async Task GetAsync(HttpContext context)
    {
        var found = await GetAsync(context.Sidecar(), context.Route("store"), context.Route("key"), context.Metadata(), context.RequestAborted);
        await context.WriteJsonAsync(writer => Write(writer, found));
    }

    private static async Task GetAllAsync(HttpContext context)
    {
        var found = await GetAllAsync(context.Sidecar(), context.Route("store"), context.Metadata(), context.RequestAborted);
        await context.WriteJsonAsync(writer =>
        {
            writer.WriteStartObject();
            foreach ((string name, IReadOnlyDictionary<string, string> values) in found)
            {
                writer.WritePropertyName(name);
                Write(writer, values);
            }

            writer.WriteEndObject();
        });
    }

    private static async Task<IReadOnlyDictionary<string, string>> GetAsync(
        InstanceSidecar sidecar, string store, string key, IDictionary<string, string> metadata, CancellationToken ct)
    {
        ISecretStore secrets = sidecar.Components.SecretStore(store);
        if (!IsAllowed(sidecar, store, key)) throw DaprErrors.SecretForbidden(store, key);
        try
        {
            await sidecar.Components.Ready.WaitAsync(ct);
            return await sidecar.Resources.Policies.Outbound(ComponentKind.Secretstore, store).ExecuteAsync(
                (Store: secrets, Key: key, Metadata: metadata.AsReadOnly()), static (s, token) => s.Store.GetAsync(s.Key, s.Metadata, token), ct) ?? throw DaprErrors.SecretGet(store, key, "there is no such secret");
        }
        catch (Exception fault) when (fault is not (DaprFault or OperationCanceledException))
        {
            throw DaprErrors.SecretGet(store, key, fault.Message);
        }
    }

    private static async Task<IEnumerable<KeyValuePair<string, IReadOnlyDictionary<string, string>>>> GetAllAsync(
        InstanceSidecar sidecar, string store, IDictionary<string, string> metadata, CancellationToken ct)
    {
        ISecretStore secrets = sidecar.Components.SecretStore(store);
        try
        {
            await sidecar.Components.Ready.WaitAsync(ct);
            return (await sidecar.Resources.Policies.Outbound(ComponentKind.Secretstore, store).ExecuteAsync(
                (Store: secrets, Metadata: metadata.AsReadOnly()), static (s, token) => s.Store.GetAllAsync(s.Metadata, token), ct)).Where(s => IsAllowed(sidecar, store, s.Key));
        }
        catch (Exception fault) when (fault is not (DaprFault or OperationCanceledException))
        {
            throw DaprErrors.SecretGetAll(store, fault.Message);
        }
    }

    private static bool IsAllowed(InstanceSidecar sidecar, string store, string key) =>
        sidecar.Resources.SecretScopes.Where(s => s.Store == store).All(s => s.Allows(key));

    private static void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> values)
    {
        writer.WriteStartObject();
        foreach ((string key, string value) in values) writer.WriteString(key, value);
        writer.WriteEndObject();
    }
}
