//! Who and what the demonstration invents. Nobody here exists: ID numbers use an
//! unassigned area, telephones an unassigned range, firms the word 示例.

use crate::plan::dictionaries::{Outcome, PersonCategory, Topic};

/// Where a person of the duty bank serves.
#[derive(Clone, Copy, Debug)]
pub(super) enum Post {
    /// The service centre, in turn.
    Centre,
    /// The legal aid centre's window, in turn.
    Window,
    /// A station, by the short name of its township, and the centre when it is their turn.
    Station(&'static str),
}

/// A person of the duty bank.
#[derive(Clone, Copy, Debug)]
pub(super) struct Invented {
    pub(super) name: &'static str,
    pub(super) female: bool,
    pub(super) birth: (i32, u32, u32),
    pub(super) category: PersonCategory,
    pub(super) organisation: &'static str,
    pub(super) post: Post,
}

const fn person(
    name: &'static str,
    female: bool,
    birth: (i32, u32, u32),
    category: PersonCategory,
    organisation: &'static str,
    post: Post,
) -> Invented {
    Invented { name, female, birth, category, organisation, post }
}

const FIRM: &str = "山西示例律师事务所";
const SECOND_FIRM: &str = "山西样本律师事务所";
const LEGAL_SERVICE: &str = "高平示例法律服务所";
const RETIRED: &str = "原高平示例法院";
const SCHOOL: &str = "晋城示例学院法学系";

/// The duty bank: twelve for the centre, two for the window, two for each station's turn.
pub(super) const PEOPLE: &[Invented] = &[
    person("王建平", false, (1979, 4, 12), PersonCategory::Lawyer, FIRM, Post::Centre),
    person("李雪梅", true, (1986, 11, 3), PersonCategory::Lawyer, FIRM, Post::Centre),
    person("单晓东", false, (1990, 2, 25), PersonCategory::Lawyer, SECOND_FIRM, Post::Centre),
    person("曾玉兰", true, (1983, 7, 19), PersonCategory::Lawyer, SECOND_FIRM, Post::Centre),
    person("赵志远", false, (1975, 9, 30), PersonCategory::Lawyer, FIRM, Post::Centre),
    person("郭丽萍", true, (1988, 1, 8), PersonCategory::Lawyer, FIRM, Post::Centre),
    person("解文博", false, (1992, 5, 16), PersonCategory::Lawyer, SECOND_FIRM, Post::Centre),
    person("秦怀德", false, (1958, 3, 21), PersonCategory::RetiredJudicial, RETIRED, Post::Centre),
    person("申秀英", true, (1960, 12, 1), PersonCategory::RetiredJudicial, RETIRED, Post::Centre),
    person("查明远", false, (1995, 8, 14), PersonCategory::LawSchool, SCHOOL, Post::Centre),
    person("田静怡", true, (1994, 6, 6), PersonCategory::Lawyer, SECOND_FIRM, Post::Centre),
    person("武向前", false, (1981, 10, 27), PersonCategory::GrassrootsLegalWorker, LEGAL_SERVICE, Post::Centre),
    person("袁晓琳", true, (1989, 9, 9), PersonCategory::PublicStaff, "高平市法律援助中心", Post::Window),
    person("邢建国", false, (1977, 2, 2), PersonCategory::PublicStaff, "高平市法律援助中心", Post::Window),
    person("张海燕", true, (1984, 4, 30), PersonCategory::Lawyer, FIRM, Post::Station("北城街道")),
    person(
        "牛振华",
        false,
        (1973, 8, 8),
        PersonCategory::GrassrootsLegalWorker,
        LEGAL_SERVICE,
        Post::Station("北城街道"),
    ),
    person("刘俊杰", false, (1987, 12, 12), PersonCategory::Lawyer, SECOND_FIRM, Post::Station("东城街道")),
    person("韩春霞", true, (1982, 3, 3), PersonCategory::Lawyer, FIRM, Post::Station("东城街道")),
    person(
        "程国强",
        false,
        (1970, 6, 18),
        PersonCategory::GrassrootsLegalWorker,
        LEGAL_SERVICE,
        Post::Station("南城街道"),
    ),
    person("宋佳宁", true, (1993, 7, 7), PersonCategory::Lawyer, SECOND_FIRM, Post::Station("南城街道")),
    person("陈立新", false, (1985, 1, 15), PersonCategory::Lawyer, FIRM, Post::Station("米山镇")),
    person("许慧敏", true, (1991, 10, 10), PersonCategory::Lawyer, FIRM, Post::Station("米山镇")),
    person(
        "常永胜",
        false,
        (1968, 5, 5),
        PersonCategory::GrassrootsLegalWorker,
        LEGAL_SERVICE,
        Post::Station("三甲镇"),
    ),
    person("冯丽娟", true, (1987, 2, 14), PersonCategory::Lawyer, SECOND_FIRM, Post::Station("三甲镇")),
    person("侯志刚", false, (1976, 11, 11), PersonCategory::Lawyer, FIRM, Post::Station("神农镇")),
    person(
        "梁艳红",
        true,
        (1980, 8, 20),
        PersonCategory::OtherNonPublic,
        "高平示例企业法务部",
        Post::Station("神农镇"),
    ),
    person("孟庆海", false, (1959, 4, 4), PersonCategory::RetiredJudicial, RETIRED, Post::Station("陈区镇")),
    person("任晓芳", true, (1990, 9, 23), PersonCategory::Lawyer, SECOND_FIRM, Post::Station("陈区镇")),
    person("魏东升", false, (1978, 3, 17), PersonCategory::Lawyer, FIRM, Post::Station("北诗镇")),
    person(
        "杨巧玲",
        true,
        (1986, 6, 26),
        PersonCategory::GrassrootsLegalWorker,
        LEGAL_SERVICE,
        Post::Station("北诗镇"),
    ),
    person("崔志明", false, (1983, 12, 22), PersonCategory::Lawyer, SECOND_FIRM, Post::Station("河西镇")),
    person("靳玉洁", true, (1992, 1, 29), PersonCategory::Lawyer, FIRM, Post::Station("河西镇")),
    person(
        "姬长河",
        false,
        (1971, 7, 31),
        PersonCategory::GrassrootsLegalWorker,
        LEGAL_SERVICE,
        Post::Station("马村镇"),
    ),
    person("毕素珍", true, (1984, 5, 9), PersonCategory::Lawyer, FIRM, Post::Station("马村镇")),
    person("尉迟明", false, (1988, 8, 28), PersonCategory::Lawyer, SECOND_FIRM, Post::Station("野川镇")),
    person(
        "苗秀丽",
        true,
        (1979, 10, 4),
        PersonCategory::GrassrootsLegalWorker,
        LEGAL_SERVICE,
        Post::Station("野川镇"),
    ),
    person("焦海涛", false, (1982, 2, 19), PersonCategory::Lawyer, FIRM, Post::Station("寺庄镇")),
    person("路晓娜", true, (1995, 3, 13), PersonCategory::Lawyer, SECOND_FIRM, Post::Station("寺庄镇")),
    person(
        "栗永庆",
        false,
        (1974, 9, 15),
        PersonCategory::GrassrootsLegalWorker,
        LEGAL_SERVICE,
        Post::Station("建宁乡"),
    ),
    person("范美玲", true, (1985, 4, 24), PersonCategory::Lawyer, FIRM, Post::Station("建宁乡")),
    person("段学文", false, (1957, 6, 1), PersonCategory::RetiredJudicial, RETIRED, Post::Station("石末乡")),
    person("柴丽霞", true, (1989, 12, 18), PersonCategory::Lawyer, SECOND_FIRM, Post::Station("石末乡")),
    person("朴成浩", false, (1981, 5, 27), PersonCategory::Lawyer, SECOND_FIRM, Post::Station("原村乡")),
    person("闫凤琴", true, (1977, 1, 6), PersonCategory::GrassrootsLegalWorker, LEGAL_SERVICE, Post::Station("原村乡")),
];

/// A matter that somebody brings to the desk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matter {
    pub(super) topic: Topic,
    pub(super) cause: &'static str,
    pub(super) facts: &'static str,
    pub(super) request: &'static str,
    pub(super) advice: &'static str,
    pub(super) basis: &'static str,
    pub(super) outcome: Outcome,
    /// May lead to legal aid.
    pub(super) aid: bool,
}

const fn matter(topic: Topic, words: [&'static str; 5], outcome: Outcome, aid: bool) -> Matter {
    let [cause, facts, request, advice, basis] = words;
    Matter { topic, cause, facts, request, advice, basis, outcome, aid }
}

/// The matters of a county's year.
pub(super) const MATTERS: &[Matter] = &[
    matter(
        Topic::Labour,
        [
            "追索劳动报酬",
            "在建筑工地做木工四个月，包工头只付了两个月工资，剩余一万八千元一直推脱，手里有考勤记录和微信聊天记录。",
            "想要回拖欠的工资。",
            "先固定证据，向工程所在地人社局劳动监察大队投诉；用工单位和总承包单位对农民工工资负清偿责任。协商不成可申请法律援助起诉。",
            "《保障农民工工资支付条例》第三十条",
        ],
        Outcome::ToLegalAid,
        true,
    ),
    matter(
        Topic::Family,
        [
            "离婚纠纷",
            "结婚九年，丈夫长期在外不寄生活费，孩子随本人生活，现在想离婚并争取抚养权。",
            "询问起诉离婚的条件和孩子抚养权归属。",
            "可向被告住所地法院起诉，准备结婚证、子女户口、分居和收入的证据。两周岁以上子女按最有利于未成年子女的原则判决。",
            "《民法典》第一千零七十九条、第一千零八十四条",
        ],
        Outcome::Answered,
        true,
    ),
    matter(
        Topic::LandRights,
        [
            "土地承包经营权纠纷",
            "邻居翻地时占了本人承包地约半亩，村里量过一次，对方不认。",
            "要求恢复原来的地界。",
            "以承包合同和登记簿记载的四至为准，可先请村委会和乡镇调解，也可申请农村土地承包仲裁，不服再起诉。",
            "《农村土地承包法》第五十五条",
        ],
        Outcome::ToMediation,
        false,
    ),
    matter(
        Topic::LandRequisition,
        [
            "征地补偿",
            "修路征用了两亩地，补偿款发到村里，自己只拿到一部分，不清楚分配办法。",
            "想知道补偿款应当怎样分配。",
            "可要求村委会公开征收补偿方案和分配方案；地上附着物和青苗补偿归所有人。对方案有异议可向乡镇反映或起诉村委会。",
            "《土地管理法》第四十八条、第四十九条",
        ],
        Outcome::Proposal,
        false,
    ),
    matter(
        Topic::SocialSecurity,
        [
            "养老保险",
            "在乡镇企业干过十二年，单位没有给交养老保险，现在快到退休年龄。",
            "询问能不能补缴。",
            "先到社保经办机构查询缴费记录；有劳动关系证据的可要求单位补缴，超过年限的可选择灵活就业缴费或转入城乡居民养老。",
            "《社会保险法》第五十八条、第六十三条",
        ],
        Outcome::ToDepartment,
        false,
    ),
    matter(
        Topic::SchoolAndMedical,
        [
            "入学",
            "随父母在高平租房居住，孩子今年上小学，学校要求提供的居住材料不齐。",
            "询问入学需要什么材料。",
            "持居住证或租赁合同备案、父母务工证明到教育部门登记，适龄儿童有权在居住地接受义务教育。",
            "《义务教育法》第十二条",
        ],
        Outcome::ToDepartment,
        false,
    ),
    matter(
        Topic::TrafficAccident,
        [
            "机动车交通事故责任纠纷",
            "骑电动车被小轿车撞倒，住院十七天，交警认定对方主责，保险公司只愿意赔医疗费。",
            "想知道还能要求哪些赔偿。",
            "可以要求医疗费、误工费、护理费、住院伙食补助费、交通费；构成伤残的还有残疾赔偿金。先申请伤残鉴定，再与保险公司协商或起诉。",
            "《民法典》第一千一百七十九条、第一千二百一十三条",
        ],
        Outcome::Proposal,
        false,
    ),
    matter(
        Topic::Loan,
        [
            "民间借贷纠纷",
            "借给同村人三万元，有借条，到期两年没有还，对方电话也不接。",
            "想要回借款。",
            "注意三年诉讼时效，可先发书面催告保留证据；起诉时提交借条和转账记录，可以同时申请财产保全。",
            "《民法典》第一百八十八条、第六百七十五条",
        ],
        Outcome::Drafted,
        false,
    ),
    matter(
        Topic::Inheritance,
        [
            "法定继承纠纷",
            "父亲去世后留下一处宅院，姐弟三人对房屋怎样分意见不一。",
            "询问继承份额。",
            "没有遗嘱的按法定继承，同一顺序一般均等；对被继承人尽了主要扶养义务的可以多分。建议先请人民调解委员会主持协商。",
            "《民法典》第一千一百二十七条、第一千一百三十条",
        ],
        Outcome::ToMediation,
        false,
    ),
    matter(
        Topic::WorkInjury,
        [
            "工伤保险待遇纠纷",
            "在洗煤厂上班时手指被机器压伤，厂里没有签合同，也没有申报工伤。",
            "询问怎样认定工伤。",
            "单位三十日内不申报的，本人可在一年内申请工伤认定；先用工资转账、工牌、同事证言证明劳动关系。符合条件的可申请法律援助。",
            "《工伤保险条例》第十七条、第十八条",
        ],
        Outcome::ToLegalAid,
        true,
    ),
    matter(
        Topic::Neighbours,
        [
            "相邻关系纠纷",
            "邻居翻建房屋后，雨水流到自家院里，墙根已经泡坏。",
            "要求对方改排水并修墙。",
            "建造人对相邻用水、排水应当尊重自然流向，造成损失应当赔偿。先拍照固定现状，由村调委会调解。",
            "《民法典》第二百九十条、第二百九十六条",
        ],
        Outcome::ToMediation,
        false,
    ),
    matter(
        Topic::Housing,
        [
            "物业服务合同纠纷",
            "小区电梯经常停用，业主不愿交物业费，物业发来律师函。",
            "询问能不能不交物业费。",
            "不能仅以未享受服务为由拒交，但可以就服务不到位主张减收并要求整改，注意保留停梯的照片和报修记录。",
            "《民法典》第九百四十二条、第九百四十四条",
        ],
        Outcome::Answered,
        false,
    ),
    matter(
        Topic::Contract,
        [
            "买卖合同纠纷",
            "向种子公司买的玉米种出苗率很低，公司说是天气原因。",
            "要求赔偿损失。",
            "尽快申请农业农村部门组织田间鉴定，保留种子包装、购买凭证和地块照片；鉴定后可要求赔偿购种价款和可得利益损失。",
            "《种子法》第四十六条",
        ],
        Outcome::ToDepartment,
        false,
    ),
    matter(
        Topic::Consumer,
        [
            "消费维权",
            "听讲座时给老人推销了四千多元的保健品，说能治糖尿病，吃了没有效果。",
            "想退款。",
            "属于虚假宣传，可向市场监管部门投诉举报，要求退一赔三；保留收据、宣传单和聊天记录。",
            "《消费者权益保护法》第五十五条",
        ],
        Outcome::ToDepartment,
        false,
    ),
    matter(
        Topic::Homestead,
        [
            "宅基地使用权纠纷",
            "老宅多年没人住，村里说要收回，户口还在村里。",
            "询问宅基地能不能收回。",
            "宅基地使用权人是本集体成员且房屋存在的，不因闲置当然收回；应以登记为准，可要求村委会书面说明依据。",
            "《土地管理法》第六十二条",
        ],
        Outcome::Answered,
        false,
    ),
    matter(
        Topic::Criminal,
        [
            "取保候审",
            "儿子因打架被刑事拘留，家里想知道接下来怎么办，能不能取保。",
            "询问程序和取保候审的条件。",
            "可以委托律师会见并申请取保候审；积极赔偿取得谅解有利于从宽。符合条件的可由法律援助中心指派律师。",
            "《刑事诉讼法》第六十七条、第九十七条",
        ],
        Outcome::ToLegalAid,
        true,
    ),
];

/// Surnames and given names of the people who come to the desk.
pub(super) const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "赵", "郭", "牛", "姬", "靳", "申", "秦", "毕", "苗", "段", "冯", "程", "焦",
    "路",
];

/// Given names with their gender.
pub(super) const GIVEN_NAMES: &[(&str, bool)] = &[
    ("建军", false),
    ("秀兰", true),
    ("国庆", false),
    ("桂花", true),
    ("海生", false),
    ("玉梅", true),
    ("志强", false),
    ("春梅", true),
    ("永红", true),
    ("小军", false),
    ("丽", true),
    ("保平", false),
    ("晓燕", true),
    ("福生", false),
    ("爱莲", true),
    ("鹏", false),
    ("凤仙", true),
    ("富贵", false),
    ("红霞", true),
    ("学义", false),
];

/// Splitmix64: the same demonstration on every machine.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both possible.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low) + 1;
        low + i64::try_from(self.next() % span).unwrap_or(0)
    }

    /// True once in `of` times.
    pub(super) fn once_in(&mut self, of: i64) -> bool {
        self.between(1, of) == 1
    }

    /// One of a list.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let last = i64::try_from(list.len()).ok()? - 1;
        if last < 0 {
            return None;
        }
        list.get(usize::try_from(self.between(0, last)).ok()?)
    }
}
