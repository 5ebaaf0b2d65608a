using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Api.Fleet;

/// <summary>What the routes of the fleet have in common. Each is served with and without a slash at its end.</summary>
internal static class FleetRoutes
{
    /// <summary>Longest <c>Idempotency-Key</c>.</summary>
    private const int MaxKey = 128;

    /// <summary>People and workers alike.</summary>
    public static readonly string[] Everybody = [Role.User, Role.Internal];

    public static void MapFleet(this IEndpointRouteBuilder routes, string method, string path, CallInfo info, Func<Call, Task<IResult>> handler)
    {
        info = info with { IsFleet = true };
        routes.MapCall(method, path, info, call =>
        {
            // Elsewhere a GET may say what it likes; here a filter with a slip in its name would answer with everything.
            if (method == HttpMethods.Get) call.Arguments.RefuseUnknown(info.KnownNames);
            if (KeyOf(call) is { } key && (key.Length > MaxKey || key.Any(char.IsControl))) call.Arguments.Fault("Idempotency-Key", $"must be 1 to {MaxKey} printable characters");
            return handler(call);
        });
    }

    /// <summary>A number in the path. What cannot be an id is no thing that exists.</summary>
    /// <param name="what">What it is an id of, for the answer.</param>
    public static long Id(this Call call, string name, string what) =>
        long.TryParse(call.Http.GetRouteValue(name) as string, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : throw NoSuch(what);

    /// <summary>A write, under the key that the caller gave it.</summary>
    /// <remarks>The same key of somebody else, or at another place, is another one.</remarks>
    public static FleetCommand<T> Command<T>(this Call call, T body)
    {
        if (KeyOf(call) is not { } key) return new(body);
        string scoped = $"{call.Caller.Name}\n{call.Http.Request.Method} {call.Http.Request.Path.Value!.TrimEnd('/')}\n{key}";
        return new(body, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(scoped))));
    }

    public static ApiException NoSuch(string what) => ApiException.NotFound($"there is no such {what}");

    /// <summary>The value as JSON, or the refusal as an error.</summary>
    public static IResult Answer<T>(FleetAnswer<T> answer) => Results.Json(Value(answer), ContractJson.Options, statusCode: answer.Status);

    /// <exception cref="ApiException">The answer is a refusal.</exception>
    public static T Value<T>(FleetAnswer<T> answer) => answer.IsOk ? answer.Value : throw Refusal(answer);

    public static ApiException Refusal<T>(FleetAnswer<T> answer, IReadOnlyDictionary<string, object?>? details = null) =>
        new(answer.Status, answer.Message ?? "refused without a reason") { Details = details ?? new Dictionary<string, object?>() };

    private static string? KeyOf(Call call) => call.Http.Request.Headers["Idempotency-Key"] is [{ } key] && !string.IsNullOrWhiteSpace(key) ? key : null;
}
