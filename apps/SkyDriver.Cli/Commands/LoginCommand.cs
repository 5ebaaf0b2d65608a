using System.CommandLine;
using SkyDriver.Cli.Login;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver login</c> and <c>logout</c>.</summary>
internal static class LoginCommand
{
    public static Command Create()
    {
        Option<string?> server = ServiceConnection.ServerOption();
        Option<string?> issuer = new("--issuer") { Description = "OpenID provider whose tokens the service takes [default: SKYDRIVER_AUTH_ISSUER, else what the service says].", HelpName = "URL" };
        Option<string> client = new("--client-id") { Description = "Name of this program at the provider.", DefaultValueFactory = _ => "skydriver-external", HelpName = "ID" };
        Option<string> scope = new("--scope") { Description = "What to ask for.", DefaultValueFactory = _ => "openid offline_access", HelpName = "WORDS" };
        Command command = new("login", """
            Logs you in with a browser on any device, and keeps the login for later commands in a file that only you can read.
            Programs set SKYDRIVER_TOKEN instead.

            Examples:
              skydriver login --server https://skydriver.example.org
              skydriver login --server https://skydriver.example.org --issuer https://keys.example.org/realms/sky
            """)
        {
            server, issuer, client, scope,
        };
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(async interrupted =>
        {
            Uri address = ServiceConnection.AddressOf(parsed.GetValue(server));
            if (address.Scheme != Uri.UriSchemeHttps && !address.IsLoopback) throw CommandException.Usage($"--server: '{address}' must be https; tokens must not travel in the clear.");
            using HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };
            OpenIdClient openId = new(http, TimeProvider.System);
            string given = parsed.GetValue(issuer) ?? Environment.GetEnvironmentVariable("SKYDRIVER_AUTH_ISSUER") ?? await openId.FindIssuerAsync(address, interrupted);
            if (!Uri.TryCreate(given, UriKind.Absolute, out Uri? provider)) throw CommandException.Usage($"--issuer: '{given}' is not an address; give that of the provider, such as https://keys.example.org/realms/sky.");
            ProviderDocument document = await openId.DiscoverAsync(provider, interrupted);
            string clientId = parsed.GetValue(client)!;
            TokenAnswer answer = await openId.LogInAsync(document, clientId, parsed.GetValue(scope)!, Show, interrupted);
            CredentialFile file = CredentialFile.Default();
            file.Save(address, StoredTokens.Of(provider.ToString(), document.TokenEndpoint!, clientId, answer, TimeProvider.System));
            Console.Error.WriteLine($"Logged in at {address}; kept in {file.Path}.");
            return ExitCodes.Done;
        }));
        return command;
    }

    public static Command CreateLogout()
    {
        Option<string?> server = ServiceConnection.ServerOption();
        Command command = new("logout", "Forgets the login of a service.") { server };
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(_ =>
        {
            Uri address = ServiceConnection.AddressOf(parsed.GetValue(server));
            Console.Error.WriteLine(CredentialFile.Default().Remove(address) ? $"Logged out of {address}." : $"There was no login for {address}.");
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }

    private static void Show(DeviceCode device) => Console.Error.WriteLine($"""
        Open {device.CompleteAddress ?? device.Address}
        and enter the code {device.UserCode}
        Waiting ...
        """);
}
