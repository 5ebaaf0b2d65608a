namespace SkyDriver.Sidecar.Resources;

/// <summary>Checks a Resiliency and keeps the retries that guard deliveries of a component to the app.</summary>
internal static class ResiliencyReader
{
    public static ResiliencyManifest Read(YamlFields document, string name)
    {
        YamlFields? spec = document.Object("spec");
        Dictionary<string, RetryPolicy> policies = [];
        if (spec?.Object("policies")?.Object("retries") is { } retries)
        {
            foreach (string policy in retries.Names)
            {
                if (retries.Object(policy) is { } fields) policies[policy] = Retry(fields);
            }
        }

        Dictionary<string, RetryPolicy> inbound = [];
        if (spec?.Object("targets")?.Object("components") is { } components)
        {
            foreach (string component in components.Names)
            {
                YamlFields? target = components.Object(component)?.Object("inbound");
                if (target?.Text("retry") is not { } wanted) continue;
                if (policies.TryGetValue(wanted, out RetryPolicy? policy)) inbound[component] = policy;
                else target.Fault("retry", $"'{wanted}' is no retry policy of this file.");
            }
        }

        return new(name, document.Source, document.List("scopes"), inbound);
    }

    private static RetryPolicy Retry(YamlFields fields)
    {
        string kind = fields.Text("policy") ?? "constant";
        if (kind is not ("constant" or "exponential")) fields.Fault("policy", $"is '{kind}'; use constant or exponential.");
        return new(
            kind is "exponential", fields.Duration("duration", TimeSpan.FromSeconds(5)),
            fields.Duration("maxInterval", TimeSpan.FromSeconds(60)), fields.Number("maxRetries", -1, -1, int.MaxValue));
    }
}
