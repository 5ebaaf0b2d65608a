using Microsoft.AspNetCore.Http.Metadata;
using SkyDriver.Api.Auth;

namespace SkyDriver.Api.Http;

/// <summary>What one route is for: who may call it and with which arguments. Read by the dispatcher, the auth check and the API description.</summary>
/// <param name="Summary">One line for people.</param>
/// <param name="Roles">Of <see cref="Role"/>; one of them suffices. Without auth the first is assumed.</param>
internal sealed record CallInfo(string Summary, params string[] Roles) : IRequestSizeLimitMetadata
{
    public IReadOnlyList<Argument> Arguments { get; init; } = [];

    /// <summary>A user who asks for a replaced scan is sent to the new one.</summary>
    public bool Redirects { get; init; }

    /// <summary>The handler reads the body itself.</summary>
    public bool StreamsBody { get; init; }

    public long MaxBodyBytes { get; init; } = Http.Arguments.MaxBodyBytes;

    /// <summary>Part of the fleet: errors also have the members that its older clients read.</summary>
    public bool IsFleet { get; init; }

    /// <summary>An answer may be a long time in coming while nothing is done for it; such requests have bounds of their own.</summary>
    public bool Waits { get; init; }

    /// <summary>Status of a good answer.</summary>
    public int GoodStatus { get; init; } = StatusCodes.Status200OK;

    /// <summary>Media type of the body; one that is not JSON has no arguments in it.</summary>
    public string Takes { get; init; } = "application/json";

    /// <summary>Media type of a good answer.</summary>
    public string Answers { get; init; } = "application/json";

    /// <summary>Every name a body may have, old names included.</summary>
    public IReadOnlySet<string> KnownNames => _known ??= Names();

    long? IRequestSizeLimitMetadata.MaxRequestBodySize => MaxBodyBytes;

    private HashSet<string>? _known;

    private HashSet<string> Names()
    {
        HashSet<string> names = [.. Arguments.SelectMany(a => a.Names)];
        if (Redirects) names.Add(Argument.NoRedirect.Name);
        return names;
    }
}

/// <param name="Name">Today's name.</param>
/// <param name="Type">In words of JSON schema: string, boolean, integer, number, object, array, or several with <c>|</c>.</param>
internal sealed record Argument(string Name, string Type, string Description, bool Required = false)
{
    public static Argument NoRedirect { get; } = new("no_redirect", "boolean", "Show this scan even when another one replaced it; false when not given.");

    public static Argument IncludeDeleted { get; } = new("include_deleted", "boolean", "Also show what was deleted; false when not given.");

    public static Argument ManifestProjection { get; } = new("manifest_projection", "array|string", "Members of the manifest to answer with: a list, text separated by '|', or '*' for all.");

    /// <summary>Names that older clients use.</summary>
    public IReadOnlyList<string> OldNames { get; init; } = [];

    public IEnumerable<string> Names => OldNames.Prepend(Name);
}
