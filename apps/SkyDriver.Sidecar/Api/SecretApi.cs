using System.Text.Json;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;
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
        routes.MapDapr("GetSecret", GetSecretRequest.Parser, (request, sidecar, _) =>
        {
            GetSecretResponse response = new();
            foreach ((string name, string value) in Get(sidecar, request.StoreName, request.Key)) response.Data[name] = value;
            return Task.FromResult(response);
        });
        routes.MapDapr("GetBulkSecret", GetBulkSecretRequest.Parser, (request, sidecar, _) =>
        {
            GetBulkSecretResponse response = new();
            foreach ((string name, IReadOnlyDictionary<string, string> values) in GetAll(sidecar, request.StoreName))
            {
                response.Data[name] = new SecretResponse();
                foreach ((string key, string value) in values) response.Data[name].Secrets[key] = value;
            }

            return Task.FromResult(response);
        });
    }

    private static Task GetAsync(HttpContext context)
    {
        IReadOnlyDictionary<string, string> found = Get(context.Sidecar(), context.Route("store"), context.Route("key"));
        return context.WriteJsonAsync(writer => Write(writer, found));
    }

    private static Task GetAllAsync(HttpContext context)
    {
        var found = GetAll(context.Sidecar(), context.Route("store"));
        return context.WriteJsonAsync(writer =>
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

    private static IReadOnlyDictionary<string, string> Get(InstanceSidecar sidecar, string store, string key)
    {
        ISecretStore secrets = sidecar.Components.SecretStore(store);
        if (!IsAllowed(sidecar, store, key)) throw DaprErrors.SecretForbidden(store, key);
        return secrets.Get(key) ?? throw DaprErrors.SecretGet(store, key, "there is no such secret");
    }

    private static IEnumerable<KeyValuePair<string, IReadOnlyDictionary<string, string>>> GetAll(InstanceSidecar sidecar, string store) =>
        sidecar.Components.SecretStore(store).GetAll().Where(s => IsAllowed(sidecar, store, s.Key));

    private static bool IsAllowed(InstanceSidecar sidecar, string store, string key) =>
        sidecar.Resources.SecretScopes.Where(s => s.Store == store).All(s => s.Allows(key));

    private static void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> values)
    {
        writer.WriteStartObject();
        foreach ((string key, string value) in values) writer.WriteString(key, value);
        writer.WriteEndObject();
    }
}
