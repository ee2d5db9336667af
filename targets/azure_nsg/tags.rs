//! Service tags: Azure's own names for sets of addresses.
//!
//! In: a tag as the author typed it. Out: the tag as Azure documents it.
//!
//! Invariant: a tag that is not in the table is refused. Azure's addresses behind a tag change weekly and are no part
//! of segc; a tag stands for itself.
//!
//! Source: Azure service tags overview (learn.microsoft.com/azure/virtual-network/service-tags-overview), table
//! "Available service tags", page of 2025-07-15, read 2026-11-22.

use crate::diagnostic::nearest;

/// Tags without a regional form.
const GLOBAL: &[&str] = &[
    "ActionGroup",
    "AppConfiguration",
    "ApplicationInsightsAvailability",
    "AppServiceManagement",
    "AzureActiveDirectory",
    "AzureActiveDirectoryDomainServices",
    "AzureAdvancedThreatProtection",
    "AzureArcInfrastructure",
    "AzureAttestation",
    "AzureBackup",
    "AzureBotService",
    "AzureCognitiveSearch",
    "AzureDatabricks",
    "AzureDataExplorerManagement",
    "AzureDeviceUpdate",
    "AzureDigitalTwins",
    "AzureEventGrid",
    "AzureHealthcareAPIs",
    "AzureInformationProtection",
    "AzureLoadBalancer",
    "AzureMachineLearningInference",
    "AzureManagedGrafana",
    "AzureMonitor",
    "AzureOpenDatasets",
    "AzurePlatformDNS",
    "AzurePlatformIMDS",
    "AzurePlatformLKM",
    "AzureResourceManager",
    "AzureSentinel",
    "AzureSignalR",
    "AzureSiteRecovery",
    "AzureSphere",
    "AzureSpringCloud",
    "AzureStack",
    "AzureTrafficManager",
    "AzureUpdateDelivery",
    "ChaosStudio",
    "CognitiveServicesFrontend",
    "CognitiveServicesManagement",
    "DataFactoryManagement",
    "Dynamics365BusinessCentral",
    "EOPExternalPublishedIPs",
    "GatewayManager",
    "GuestAndHybridManagement",
    "Internet",
    "KustoAnalytics",
    "LogicApps",
    "LogicAppsManagement",
    "MicrosoftAzureFluidRelay",
    "MicrosoftCloudAppSecurity",
    "MicrosoftDefenderForEndpoint",
    "PowerQueryOnline",
    "Scuba",
    "SerialConsole",
    "ServiceFabric",
    "SqlManagement",
    "StorageSyncService",
    "VideoIndexer",
    "VirtualNetwork",
    "WindowsAdminCenter",
    "WindowsVirtualDesktop",
];

/// Tags that may be narrowed to a region: `Storage.WestEurope`.
const REGIONAL: &[&str] = &[
    "ApiManagement",
    "AppService",
    "AzureCloud",
    "AzureConnectors",
    "AzureContainerRegistry",
    "AzureCosmosDB",
    "AzureDevOps",
    "AzureFrontDoor.Backend",
    "AzureFrontDoor.FirstParty",
    "AzureFrontDoor.Frontend",
    "AzureFrontDoor.MicrosoftSecurity",
    "AzureIoTHub",
    "AzureKeyVault",
    "AzureWebPubSub",
    "BatchNodeManagement",
    "DataFactory",
    "Dynamics365ForMarketingEmail",
    "EventHub",
    "HDInsight",
    "M365ManagementActivityApi",
    "M365ManagementActivityApiWebhook",
    "PowerBI",
    "PowerPlatformInfra",
    "PowerPlatformPlex",
    "ServiceBus",
    "Sql",
    "Storage",
    "StorageMover",
    "SystemServiceAzureSpringAppsResourceProvider",
];

/// The tag in Azure's spelling; a region keeps the author's. `None` when Azure documents no such tag.
pub(super) fn documented(typed: &str) -> Option<String> {
    let whole = GLOBAL.iter().chain(REGIONAL).find(|tag| tag.eq_ignore_ascii_case(typed));
    if let Some(tag) = whole {
        return Some((*tag).to_owned());
    }
    let (service, region) = typed.rsplit_once('.')?;
    let is_region = !region.is_empty() && region.chars().all(|character| character.is_ascii_alphanumeric());
    let tag = REGIONAL.iter().find(|tag| tag.eq_ignore_ascii_case(service)).filter(|_| is_region)?;
    Some(format!("{tag}.{region}"))
}

/// The documented tag that the author may have meant, with the region that was typed where the tag takes one.
pub(super) fn meant(typed: &str) -> Option<String> {
    let all = || GLOBAL.iter().chain(REGIONAL).copied();
    if let Some(tag) = nearest(typed, all()) {
        return Some(tag.to_owned());
    }
    let (service, region) = typed.rsplit_once('.')?;
    if let Some(tag) = GLOBAL.iter().find(|tag| tag.eq_ignore_ascii_case(service)) {
        return Some((*tag).to_owned());
    }
    let tag = nearest(service, all())?;
    Some(if REGIONAL.contains(&tag) { format!("{tag}.{region}") } else { tag.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_take_the_documented_spelling_and_regions_where_they_exist() {
        assert_eq!(documented("azureresourcemanager").as_deref(), Some("AzureResourceManager"));
        assert_eq!(documented("storage.WestEurope").as_deref(), Some("Storage.WestEurope"));
        assert_eq!(
            documented("AzureFrontDoor.Frontend.WestEurope").as_deref(),
            Some("AzureFrontDoor.Frontend.WestEurope")
        );
        for unknown in ["AzureMonitor.WestEurope", "Storage.", "Storage.west europe", "CitrixCloud", ""] {
            assert_eq!(documented(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_near_miss_is_named() {
        assert_eq!(meant("AzureResourceManger").as_deref(), Some("AzureResourceManager"));
        assert_eq!(meant("Storrage.WestEurope").as_deref(), Some("Storage.WestEurope"));
        assert_eq!(meant("AzureMonitor.WestEurope").as_deref(), Some("AzureMonitor"));
        assert_eq!(meant("CitrixCloud"), None);
    }

    #[test]
    fn the_table_is_sorted_and_names_no_tag_twice() {
        for table in [GLOBAL, REGIONAL] {
            assert!(table.windows(2).all(|pair| pair[0].to_lowercase() < pair[1].to_lowercase()));
        }
        assert!(GLOBAL.iter().all(|tag| !REGIONAL.contains(tag)));
    }
}
