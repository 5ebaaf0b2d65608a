using SkyDriver.Hosting;

namespace SkyDriver.Api.Auth;

/// <summary>Whose tokens are taken and what they allow.</summary>
/// <param name="Issuer">OpenID provider, as its tokens name it; null switches auth off.</param>
/// <param name="Audience">One of the token's audiences must be this.</param>
/// <param name="IsAnonymousMeant">Without an issuer the service may be reached from other machines.</param>
/// <param name="ClockSkew">How far the clocks of provider and service may be apart.</param>
internal sealed record AuthOptions(string? Issuer, bool IsAnonymousMeant, string Audience, TimeSpan ClockSkew, IReadOnlyList<RoleRule> Rules)
{
    /// <summary>Both dialects of claims: the first generation's and today's.</summary>
    public const string DefaultRules =
        "user groups /institutions/IceCube.*; user resource_access.skydriver-external.roles users; "
        + "internal skydriver_role system; internal resource_access.skydriver-internal.roles system";

    /// <summary>Name of the setting by which an administrator says that nobody needs to be asked who he is.</summary>
    public const string Anonymous = "SKYDRIVER_ALLOW_ANONYMOUS";

    public static AuthOptions Read(Settings settings)
    {
        string issuer = settings.Text("SKYDRIVER_AUTH_ISSUER", "");
        if (issuer != "" && !(Uri.TryCreate(issuer, UriKind.Absolute, out Uri? address) && (address.Scheme == Uri.UriSchemeHttps || address is { Scheme: "http", IsLoopback: true })))
        {
            settings.Refuse("SKYDRIVER_AUTH_ISSUER", "must be the https address of an OpenID provider");
        }

        bool isAnonymousMeant = settings.Flag(Anonymous);
        if (isAnonymousMeant && issuer != "") settings.Refuse(Anonymous, "is true and SKYDRIVER_AUTH_ISSUER is set; unset one of them");
        List<RoleRule> rules = [];
        foreach (string text in settings.Text("SKYDRIVER_AUTH_ROLES", DefaultRules).Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (RoleRule.TryParse(text) is { } rule) rules.Add(rule);
            else settings.Refuse("SKYDRIVER_AUTH_ROLES", $"rule {rules.Count + 1} must be 'ROLE CLAIM PATTERN' with role user or internal and a regular expression without look-around or back references");
        }

        return new(
            issuer == "" ? null : issuer,
            isAnonymousMeant,
            settings.Text("SKYDRIVER_AUTH_AUDIENCE", "skydriver"),
            settings.Duration("SKYDRIVER_AUTH_CLOCK_SKEW", TimeSpan.FromSeconds(60), TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            rules);
    }
}
