using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using SkyDriver.Contracts;

namespace SkyDriver.Api.Http;

/// <summary>JSON answers that a client may keep and ask about again.</summary>
internal static class Answers
{
    public const string Json = "application/json; charset=UTF-8";

    /// <summary>The document, or 304 when the client's copy is still the same.</summary>
    public static IResult Cached<T>(Call call, T document)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(document, ContractJson.Options);
        return IsUnchanged(call, Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 16))) ? Unchanged() : Results.Bytes(body, Json);
    }

    /// <summary>Stamps the answer; true when the client has this version already.</summary>
    /// <remarks>The tag is weak: the same document may travel compressed or not.</remarks>
    public static bool IsUnchanged(Call call, string version)
    {
        EntityTagHeaderValue tag = new($"\"{version}\"", isWeak: true);
        call.Http.Response.Headers.ETag = tag.ToString();
        call.Http.Response.Headers.CacheControl = "private, no-cache";
        if (!EntityTagHeaderValue.TryParseList([.. call.Http.Request.Headers.IfNoneMatch.OfType<string>()], out IList<EntityTagHeaderValue>? known)) return false;
        return known.Any(k => k.Equals(EntityTagHeaderValue.Any) || k.Compare(tag, useStrongComparison: false));
    }

    public static IResult Unchanged() => Results.StatusCode(StatusCodes.Status304NotModified);

    public static IResult Of<T>(T document) => Results.Json(document, ContractJson.Options);
}
